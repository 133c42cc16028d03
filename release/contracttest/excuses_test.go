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
	}
}
