package release

import "twokey/checks/text"

// Submodule is another repository at a place in a commit's tree, as the commit's
// .gitmodules has it. At which of its commits it stands there the tree tells.
type Submodule struct {
	// Repo is the repository; zero where it is none that can be read, and then Why says
	// why.
	Repo Repo
	Why  text.Safe
	// URL is where the repository is, as .gitmodules writes it, without a password.
	URL text.Safe
}
