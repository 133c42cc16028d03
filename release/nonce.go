package release

import (
	"crypto/rand"
	"encoding/hex"
	"io"
)

// nonceBytes is how much randomness a claim has: enough that no two ever share it.
const nonceBytes = 8

// isNonce tells whether s is a nonce as twokey writes it.
func isNonce(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == nonceBytes && hex.EncodeToString(b) == s
}

// drawNonce makes the nonce of the claims of this session, once for each plan: what
// was shown to be sent is what is sent.
func (e *Engine) drawNonce() (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.nonce == "" {
		b := make([]byte, nonceBytes)
		source := e.ports.Random
		if source == nil {
			source = rand.Reader
		}
		if _, err := io.ReadFull(source, b); err != nil {
			return "", err
		}
		e.nonce = hex.EncodeToString(b)
	}
	return e.nonce, nil
}

// forgetNonce lets the next plan have a nonce of its own.
func (e *Engine) forgetNonce() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.nonce = ""
}

// claimNote is the note of the claims that this session makes.
func (e *Engine) claimNote(p Plan) (claimNote, error) {
	n := noteOf(p, e.before)
	if login := e.opened().Viewer.String(); noteLogin.MatchString(login) {
		n.By = login
	}
	var err error
	n.Nonce, err = e.drawNonce()
	return n, err
}
