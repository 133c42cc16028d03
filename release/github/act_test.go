package github

import "twokey/release"

func refCall() release.Call {
	return release.Call{Kind: release.CallRef, Repo: testRepo(), Ref: "refs/tags/v1", SHA: shaB}
}
