package contracttest_test

import (
	"net/http"

	"twokey/release/contracttest"
)

// excuses are why the product and the world are right where they are not as
// described.
func excuses() []contracttest.Excuse {
	const repo = "/repos/{owner}/{repo}"
	return []contracttest.Excuse{
		contracttest.Undescribed(http.StatusNotModified), contracttest.Undescribed(http.StatusUnauthorized),
		contracttest.Undescribed(http.StatusForbidden), contracttest.Undescribed(http.StatusNotFound),
		contracttest.Undescribed(http.StatusBadGateway), contracttest.FromGateway(http.StatusBadGateway),
		contracttest.Undescribed(http.StatusServiceUnavailable), contracttest.FromGateway(http.StatusServiceUnavailable),
		contracttest.Undescribed(http.StatusTooManyRequests), contracttest.StatusInErrors(),
		contracttest.AdminsBypass("GET "+repo+"/environments/{environment_name}", "can_admins_bypass"),
		{Operation: "POST /graphql", Kind: contracttest.NoOperation, Reason: "GitHub's other API has a description of its own"},
	}
}

// enterpriseExcuses are what the oldest supported Enterprise Server does not know of
// what the product sends, and why that is no harm.
func enterpriseExcuses() []contracttest.Excuse {
	const dispatches = "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches"
	return []contracttest.Excuse{
		{Operation: dispatches, Kind: contracttest.BadRequest, At: "return_run_details",
			Reason: "it is refused as a whole with 400, and sent again without this key"},
		{Operation: dispatches, Kind: contracttest.BadStatus, Status: http.StatusBadRequest, At: "undescribed",
			Reason: "the refusal of the key; GitHub documents it among the changes of 3.21 alone"},
	}
}
