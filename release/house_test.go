package release_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// This file holds the shape of the house: which package may import which, and
// what no product code may do. Test files are free.

const module = "twokey"

// TestHouse reads every product file of the module and applies the rules below.
func TestHouse(t *testing.T) {
	root := moduleRoot(t)
	files := 0
	walk := func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && notCode(d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files++
		for _, fault := range faults(filepath.ToSlash(rel), src) {
			t.Error(fault)
		}
		return nil
	}
	if err := filepath.WalkDir(root, walk); err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Errorf("only %d product files were found: the house was not looked at", files)
	}
}

// notCode tells whether the go command leaves a directory of this name alone.
func notCode(dir string) bool {
	return dir == "testdata" || dir == "vendor" || strings.HasPrefix(dir, ".") || strings.HasPrefix(dir, "_")
}

// moduleRoot is the nearest directory upwards that holds go.mod.
func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod here or above")
		}
		dir = filepath.Dir(dir)
	}
}

// faults are what one product file does against the rules. The name is relative
// to the module's root, with slashes.
func faults(name string, src []byte) []string {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	fault := func(at token.Pos, format string, args ...any) {
		out = append(out, fmt.Sprintf("%s: %s", fset.Position(at), fmt.Sprintf(format, args...)))
	}
	from := path.Dir(name)
	for _, imp := range file.Imports {
		to, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			to = imp.Path.Value
		}
		if reason := refused(from, to); reason != "" {
			fault(imp.Pos(), "imports %s: %s", to, reason)
		}
	}
	if lines := bytes.Count(src, []byte("\n")); name == "main.go" && lines >= 100 {
		fault(file.Package, "has %d lines: main.go has less than 100, and wires", lines)
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			fault(f.Pos(), "has an init function: nothing happens by importing")
		}
		if g, ok := decl.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, global := range globals(g) {
				fault(global.Pos(), "has the package variable %s: state is passed, not shared", global.Name)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && ends(sel) && name != "main.go" {
			fault(sel.Pos(), "ends the process with %s.%s: only main.go does", sel.X, sel.Sel.Name)
		}
		return true
	})
	return out
}

// ends tells whether a selector names a function that ends the process.
func ends(sel *ast.SelectorExpr) bool {
	pkg, ok := sel.X.(*ast.Ident)
	return ok && (pkg.Name == "os" && sel.Sel.Name == "Exit" ||
		pkg.Name == "syscall" && sel.Sel.Name == "Exit" ||
		pkg.Name == "log" && strings.HasPrefix(sel.Sel.Name, "Fatal"))
}

// globals are the variables of a declaration that are more than a name for a
// value: not a sentinel error, a compiled expression, an embedded file or an
// assertion that a type implements an interface.
func globals(g *ast.GenDecl) []*ast.Ident {
	var out []*ast.Ident
	for _, spec := range g.Specs {
		v := spec.(*ast.ValueSpec)
		if embeds(g.Doc) || embeds(v.Doc) {
			continue
		}
		for i, id := range v.Names {
			if id.Name != "_" && (i >= len(v.Values) || !constant(v.Values[i])) {
				out = append(out, id)
			}
		}
	}
	return out
}

// embeds tells whether a comment asks the compiler to embed files.
func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed ")
	})
}

// constant tells whether an expression makes a value that nobody changes.
func constant(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && slices.Contains([]string{"errors.New", "fmt.Errorf", "regexp.MustCompile"}, pkg.Name+"."+sel.Sel.Name)
}

// refused is why a product package may not import another, or nothing. Packages
// of the module are named by their directory, "." for main.
func refused(from, to string) string {
	if to == "os/exec" {
		return "nothing is ever run on the maintainer's machine"
	}
	if inner, ok := strings.CutPrefix(to+"/", module+"/"); ok {
		return refusedInside(from, strings.TrimSuffix(inner, "/"))
	}
	return refusedOutside(from, to)
}

// refusedInside is the direction of the house: main, then the ways to see a
// release and the adapters, then the release, then the checks.
func refusedInside(from, to string) string {
	if strings.HasSuffix(to, "test") && !strings.HasSuffix(to, "/attest") && !strings.HasSuffix(from, "test") {
		return "it is for tests only"
	}
	if from == "." || below(to, "checks") && room(from) != "" {
		return ""
	}
	switch room(from) {
	case "ui":
		if to == "release" || below(to, "ui") {
			return ""
		}
		return "ui imports release, checks and ui; main hands it the rest"
	case "adapter":
		if to == "release" || family(to) == family(from) {
			return ""
		}
		return "an adapter imports release and checks, not another adapter and nothing above it"
	case "release":
		return "release imports checks only; adapters come in through its interfaces"
	case "checks":
		return "checks import nothing of the module but checks"
	}
	return "the importing package has no place in the house: it is main, ui, release or checks"
}

// refusedOutside is who may use the libraries that reach the world.
func refusedOutside(from, to string) string {
	pure := from == "release" || below(from, "checks")
	switch {
	case below(to, "github.com/charmbracelet/x/ansi") && from == "checks/text":
		return "" // it measures text, and draws nothing
	case below(to, "github.com/charmbracelet") && from != "ui":
		return "only ui imports Charm"
	case below(to, "github.com/cli/go-gh/v2") && from != "release/github" && from != ".":
		return "only release/github talks through go-gh"
	case below(to, "github.com/getkin/kin-openapi") && from != "release/contracttest":
		return "only tests read GitHub's description"
	case below(to, "github.com/sigstore") && from != "checks/trace/attest" && from != "release/rehearsal/ca":
		return "only checks/trace/attest verifies attestations, and only release/rehearsal/ca signs them"
	case pure && to != "net/url" && (below(to, "net") || below(to, "os") || to == "syscall" || below(to, "golang.org/x/sys")):
		return "release and checks reach the world through interfaces only"
	}
	return ""
}

// room is the part of the house that a package is in.
func room(pkg string) string {
	switch {
	case pkg == "release":
		return "release"
	case below(pkg, "release"):
		return "adapter"
	case below(pkg, "checks"):
		return "checks"
	case below(pkg, "ui"):
		return "ui"
	}
	return ""
}

// family is the first directory below release: a package and those that it was
// split into.
func family(pkg string) string {
	rest, ok := strings.CutPrefix(pkg, "release/")
	if !ok {
		return ""
	}
	first, _, _ := strings.Cut(rest, "/")
	return first
}

// below tells whether a package is dir or one inside it.
func below(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }

// importCase is an import that a package may or may not have.
type importCase struct {
	from, to string
	allowed  bool
}

func checkImports(t *testing.T, list []importCase) {
	t.Helper()
	for _, tt := range list {
		if reason := refused(tt.from, tt.to); (reason == "") != tt.allowed {
			t.Errorf("%s imports %s: allowed is %v, want %v (%s)", tt.from, tt.to, reason == "", tt.allowed, reason)
		}
	}
}

// The program and its ways to show a release.
func TestHouseRefusesImportsAbove(t *testing.T) {
	checkImports(t, []importCase{
		{".", "twokey/release/github", true},
		{".", "twokey/ui/cli", true},
		{".", "github.com/cli/go-gh/v2/pkg/auth", true},
		{".", "os/exec", false},
		{".", "github.com/charmbracelet/lipgloss", false},
		{".", "twokey/release/recordtest", false},

		{"ui", "twokey/release", true},
		{"ui", "twokey/checks/text", true},
		{"ui", "github.com/charmbracelet/bubbletea", true},
		{"ui", "github.com/charmbracelet/x/ansi", true},
		{"ui", "twokey/release/github", false},
		{"ui", "twokey", false},
		{"ui/cli", "twokey/ui/plain", true},
		{"ui/cli", "twokey/checks", true},
		{"ui/cli", "twokey/release/rehearsal", false},
		{"ui/plain", "github.com/charmbracelet/lipgloss", false},
		{"ui/plain", "github.com/charmbracelet/x/ansi", false},
		{"ui/events", "github.com/cli/go-gh/v2/pkg/term", false},
	})
}

// What reaches the world.
func TestHouseRefusesImportsOfAdapters(t *testing.T) {
	checkImports(t, []importCase{
		{"release/github", "twokey/release", true},
		{"release/github", "twokey/checks", true},
		{"release/github", "net/http", true},
		{"release/github", "github.com/cli/go-gh/v2/pkg/api", true},
		{"release/github", "twokey/release/registry", false},
		{"release/github", "twokey/ui", false},
		{"release/github", "os/exec", false},
		{"release/registry", "github.com/cli/go-gh/v2/pkg/api", false},
		{"release/rehearsal", "twokey/release/github", false},
		{"release/rehearsal", "twokey/release/rehearsal/world", true},
		{"release/rehearsal/world", "twokey/release/rehearsal", true},
		{"release/rehearsal", "twokey/release/rehearsals", false},
		{"release/record", "twokey/release/recordtest", false},
		{"release/recordtest", "twokey/release", true},
		{"release/github", "twokey/release/contracttest", false},
		{"release/github", "github.com/getkin/kin-openapi/openapi3", false},
		{"release/contracttest", "github.com/getkin/kin-openapi/openapi3", true},
		{"release/rehearsal/ca", "github.com/sigstore/sigstore-go/pkg/root", true},
		{"release/rehearsal", "github.com/sigstore/sigstore-go/pkg/root", false},
		{"release/rehearsal", "twokey/checks/trace/attest", true},
		{"release/rehearsal", "twokey/checks/tracetest", false},
		{"release/registry", "github.com/sigstore/rekor/pkg/util", false},
	})
}

// What a release is and what judges it.
func TestHouseRefusesImportsOfTheCore(t *testing.T) {
	checkImports(t, []importCase{
		{"release", "twokey/checks", true},
		{"release", "twokey/checks/version", true},
		{"release", "net/url", true},
		{"release", "golang.org/x/sync/errgroup", true},
		{"release", "twokey/release/record", false},
		{"release", "twokey/ui", false},
		{"release", "net/http", false},
		{"release", "net", false},
		{"release", "os", false},
		{"release", "github.com/cli/go-gh/v2/pkg/api", false},
		{"release", "github.com/charmbracelet/x/ansi", false},

		{"checks", "twokey/checks/text", true},
		{"checks", "regexp", true},
		{"checks", "twokey/release", false},
		{"checks", "os", false},
		{"checks/trace", "twokey/checks", true},
		{"checks/trace", "archive/tar", true},
		{"checks/trace", "net/http", false},
		{"checks/trace", "os/signal", false},
		{"checks/text", "github.com/charmbracelet/x/ansi", true},
		{"checks/text", "github.com/charmbracelet/lipgloss", false},
		{"checks/version", "github.com/Masterminds/semver/v3", true},
		{"checks/trace/attest", "github.com/sigstore/sigstore-go/pkg/verify", true},
		{"checks/trace", "github.com/sigstore/sigstore-go/pkg/verify", false},
		{"checks", "github.com/sigstore/sigstore-go/pkg/verify", false},

		{"internal/util", "twokey/checks", false},
		{"internal/util", "twokey/release", false},
	})
}

func TestHouseRefusesSource(t *testing.T) {
	long := "package main\n" + strings.Repeat("// line\n", 100)
	for _, tt := range []struct{ name, file, src, want string }{
		{"nothing wrong", "release/a.go", "package release\nimport \"context\"\nfunc f(context.Context) {}", ""},
		{"an import", "release/a.go", "package release\nimport \"net/http\"", "release/a.go:2:8: imports net/http: release and checks"},
		{"a renamed import", "checks/a.go", "package checks\nimport x \"twokey/release\"", "imports twokey/release"},
		{"init", "ui/a.go", "package ui\nfunc init() {}", "has an init function"},
		{"a method called init", "ui/a.go", "package ui\nfunc (m model) init() {}", ""},
		{"exit", "ui/cli/a.go", "package cli\nimport \"os\"\nfunc f() { os.Exit(1) }", "ends the process with os.Exit"},
		{"exit, passed on", "ui/cli/a.go", "package cli\nimport \"os\"\nfunc f() func(int) { return os.Exit }", "ends the process"},
		{"fatal", "ui/cli/a.go", "package cli\nimport \"log\"\nfunc f() { log.Fatalf(\"x\") }", "ends the process with log.Fatalf"},
		{"exit in main.go", "main.go", "package main\nimport \"os\"\nfunc main() { os.Exit(0) }", ""},
		{"exit beside main.go", "wire.go", "package main\nimport \"os\"\nfunc f() { os.Exit(0) }", "only main.go does"},
		{"long main.go", "main.go", long, "has less than 100"},
		{"long file elsewhere", "wire.go", long, ""},
		{"sentinel error", "release/a.go", "package release\nvar ErrX = errors.New(\"x\")", ""},
		{"expression", "release/a.go", "package release\nvar (\n\ta = regexp.MustCompile(`a`)\n\tb = regexp.MustCompile(`b`)\n)", ""},
		{"assertion", "release/a.go", "package release\nvar _ I = (*T)(nil)", ""},
		{"embedded files", "release/a.go", "package release\n//go:embed x\nvar files embed.FS", ""},
		{"state", "release/a.go", "package release\nvar count int", "package variable count"},
		{"a table that can change", "release/a.go", "package release\nvar names = map[string]int{}", "package variable names"},
		{"not Go", "release/a.go", "package", "expected 'IDENT'"},
	} {
		got := strings.Join(faults(tt.file, []byte(tt.src)), "\n")
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: faults are %q, want %q", tt.name, got, tt.want)
		}
	}
}
