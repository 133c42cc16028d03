package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"twokey/checks/text"
	"twokey/checks/trace/attest"
	"twokey/release"
)

// addTrustedRoot adds the flag that names a newer trusted root than the one that twokey
// comes with: keys and logs of Sigstore's change, every year or two.
func (a *app) addTrustedRoot(c *cobra.Command) {
	c.Flags().StringVar(&a.trustedRoot, "trusted-root", "", "verify attestations against the roots in `FILE`, as `gh attestation trusted-root` writes them, and not against those that twokey comes with")
	_ = c.MarkFlagFilename("trusted-root")
}

// rootFile is what attestations are verified against where the flag names a file, which is
// read at once; nil where it does not.
func (a *app) rootFile() (func() (*attest.Root, error), error) {
	if a.trustedRoot == "" {
		return nil, nil
	}
	op := fmt.Sprintf("--trusted-root %s", text.Clean(a.trustedRoot))
	raw, err := os.ReadFile(a.trustedRoot)
	if err != nil {
		return nil, &release.Error{Kind: release.KindUsage, Op: op, Err: err, Hint: "make one with `gh attestation trusted-root > FILE`"}
	}
	info, err := os.Stat(a.trustedRoot)
	if err != nil {
		return nil, &release.Error{Kind: release.KindUsage, Op: op, Err: err}
	}
	root, err := attest.RootFromJSON(raw, info.ModTime())
	if err != nil {
		return nil, &release.Error{Kind: release.KindUsage, Op: op, Err: err, Hint: "make one with `gh attestation trusted-root > FILE`"}
	}
	return func() (*attest.Root, error) { return root, nil }, nil
}
