package main

import (
	"net/http"
	"testing"

	"twokey/release/contracttest"
)

// contract is GitHub's own description, against which everything is held that gh and
// twokey ask of a served world.
var contract = contracttest.NewLedger(contracttest.Lazily(contracttest.GitHub), []contracttest.Excuse{
	contracttest.Undescribed(http.StatusNotModified),
	contracttest.AdminsBypass("GET /repos/{owner}/{repo}/environments/{environment_name}", "can_admins_bypass"),
	{Operation: "POST /graphql", Kind: contracttest.NoOperation,
		Reason: "GitHub's other API, which gh asks beside this one and the description is not about"},
	{Operation: "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", Kind: contracttest.BadStatus,
		Status: http.StatusUnprocessableEntity, Reason: "a branch that is not there is refused so"},
})

// held runs the tests of this package and then looks at the contract's reasons.
type held struct{ tests *testing.M }

// Run is the exit code.
func (h held) Run() int { return contracttest.Main(h.tests, contract) }
