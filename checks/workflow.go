package checks

func workflowChecks() []Check { return nil }
