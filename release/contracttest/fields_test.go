package contracttest_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"twokey/release/contracttest"
)

// use is where the product has a struct for: an answer of operations with a status,
// or the body that they take.
type use struct {
	status int // 0: the request
	at     string
	of     []string // operations
}

// uses are all structs of the GitHub adapter that JSON is read into or made of, by
// the function or type that holds them. Those within others need no entry.
func uses() map[string]use {
	const repo = "/repos/{owner}/{repo}"
	get := func(at string, paths ...string) use {
		u := use{status: 200, at: at}
		for _, p := range paths {
			u.of = append(u.of, "GET "+p)
		}
		return u
	}
	post := func(status int, path string) use { return use{status: status, of: []string{"POST " + repo + path}} }
	refused := use{status: 422, of: []string{"POST " + repo + "/git/refs", "POST " + repo + "/git/tags", "POST " + repo + "/releases"}}
	item := refused
	item.at = "errors[]"
	return map[string]use{
		"Client.Viewer":                get("", "/user"),
		"Client.Repository":            get("", repo),
		"branchAnswer":                 get("", repo+"/branches/{branch}"),
		"Client.Tags tag":              get("[]", repo+"/tags"),
		"refAnswer":                    get("", repo+"/git/ref/{ref}"),
		"Client.tagObject":             get("", repo+"/git/tags/{tag_sha}"),
		"entry":                        get("", repo+"/contents/{path}"),
		"blob":                         get("", repo+"/git/blobs/{file_sha}"),
		"treeEntry":                    get("tree[]", repo+"/git/trees/{tree_sha}"),
		"rule":                         get("[]", repo+"/rules/branches/{branch}"),
		"classic":                      get("", repo+"/branches/{branch}/protection"),
		"commitAnswer":                 get("", repo+"/git/commits/{commit_sha}"),
		"collaborator":                 get("[]", repo+"/collaborators"),
		"filling.immutable":            get("", repo+"/immutable-releases"),
		"rulesetAnswer":                get("", repo+"/rulesets/{ruleset_id}"),
		"Client.checkRuns page":        get("", repo+"/commits/{ref}/check-runs"),
		"Client.statuses page":         get("", repo+"/commits/{ref}/status"),
		"comparison":                   get("", repo+"/compare/{basehead}"),
		"Client.milestone answer":      get("[]", repo+"/milestones"),
		"Client.openIssues":            get("[]", repo+"/issues"),
		"Client.openAdvisories answer": get("[]", repo+"/security-advisories"),
		"Client.environment":           get("", repo+"/environments/{environment_name}"),
		"releaseAnswer":                get("", repo+"/releases/tags/{tag}"),
		"assetAnswer":                  get("[]", repo+"/releases/{release_id}/assets"),
		"attestationPage":              get("", repo+"/attestations/{subject_digest}"),
		"runArtifactPage":              get("", repo+"/actions/runs/{run_id}/artifacts"),
		"runPage":                      get("", repo+"/actions/runs"),
		"Client.Jobs":                  get("", repo+"/actions/runs/{run_id}/jobs"),
		"Client.Annotations":           get("[]", repo+"/check-runs/{check_run_id}/annotations"),
		"Client.Gates":                 get("[]", repo+"/actions/runs/{run_id}/pending_deployments"),
		"Client.Approvals":             get("[]", repo+"/actions/runs/{run_id}/approvals"),
		"Client.workflowStates page":   get("", repo+"/actions/workflows"),

		"tagObjectOrder":   post(0, "/git/tags"),
		"tagObjectOrder 2": post(201, "/git/tags"),
		"refOrder":         post(0, "/git/refs"),
		"releaseOrder":     post(0, "/releases"),
		"dispatchBody":     post(0, "/actions/workflows/{workflow_id}/dispatches"),
		"dispatchOrder":    post(200, "/actions/workflows/{workflow_id}/dispatches"),
		"reviewOrder":      post(0, "/actions/runs/{run_id}/pending_deployments"),

		// GitHub's other API has a description of its own.
		"graphqlData":   {},
		"graphqlParts":  {},
		"historyAnswer": {},
		"object":        {},
		"pinnedRepo":    {},

		"Client.refusal":   refused,
		"Client.refusal 2": item,
	}
}

// unlisted are the fields that the product uses though the description does not have
// them, each with its reason.
func unlisted() map[string]string {
	return map[string]string{
		"Client.environment can_admins_bypass": "GitHub gives it; where it is missing, whether anybody bypasses the gate is unknown",
	}
}

// missingInEnterprise are those that the oldest supported Enterprise Server does not
// have besides, and how the product does without them.
func missingInEnterprise() map[string]string {
	const told = "without it the run is found by its event, its commit and its time"
	return map[string]string{
		"dispatchBody return_run_details":    "refused with 400, which acts on nothing; the dispatch is then sent without it",
		"dispatchOrder workflow_run_id":      told,
		"dispatchOrder html_url":             told,
		"Client.openAdvisories answer":       "there are none of a repository's own: 404, so that the plan's check is unknown",
		"attestationPage":                    "it keeps none: 404, which is what GitHub says of a file without any",
		"runArtifactPage artifacts[].digest": "then nothing is said of the zip, and it is held against nothing",
		"filling.immutable":                  "there is no such setting, and releases can be changed: so says the answer, which is 404",
	}
}

// TestContractOfFields looks up every field that the product reads or sends.
func TestContractOfFields(t *testing.T) {
	holdFields(t, contract(t, described), unlisted())
}

// TestContractOfFieldsInEnterprise does the same for Enterprise Server.
func TestContractOfFieldsInEnterprise(t *testing.T) {
	all := unlisted()
	maps.Copy(all, missingInEnterprise())
	holdFields(t, contract(t, enterprise), all)
}

func holdFields(t *testing.T, c *contracttest.Contract, excused map[string]string) {
	t.Helper()
	structs := readStructs(t)
	table := uses()
	fields, needed := 0, map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(structs.roots)) {
		u, found := table[name]
		if !found {
			t.Errorf("%s holds JSON, and is not in the table of uses", name)
			continue
		}
		delete(table, name)
		for _, operation := range u.of {
			o, found := c.Operation(operation)
			if !found && excused[name] != "" {
				needed[name] = true
				continue
			}
			if !found {
				t.Errorf("%s: the description has no %s", name, operation)
				continue
			}
			shape := c.Request(o)
			if u.status != 0 {
				shape = c.Answer(o, u.status)
			}
			structs.walk(structs.roots[name], shape.At(u.at), "", func(at, fault string) {
				fields++
				key := strings.TrimSpace(name + " " + at)
				switch {
				case fault != "" && excused[key] == "":
					t.Errorf("%s, field %q: %s %s", name, at, operation, fault)
				case fault != "":
					needed[key] = true
				}
			})
		}
	}
	for name := range table {
		t.Errorf("%s is in the table of uses, and the product has no such struct", name)
	}
	for key, reason := range excused {
		if !needed[key] {
			t.Errorf("%q is described after all (%s)", key, reason)
		}
	}
	t.Logf("contract: %d fields of %d structs looked up, %d are not described", fields, len(structs.roots), len(needed))
}

// structs are the types of a package that hold JSON.
type structs struct {
	roots map[string]*ast.StructType // those that stand in no other
	named map[string]*ast.StructType
}

// readStructs parses the GitHub adapter.
func readStructs(t *testing.T) structs {
	t.Helper()
	files, err := filepath.Glob("../github/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	s := structs{map[string]*ast.StructType{}, map[string]*ast.StructType{}}
	inner := map[string]bool{} // named structs that stand in others
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			s.collect(decl, inner)
		}
	}
	for name := range inner {
		delete(s.roots, name)
	}
	if len(s.roots) < 20 {
		t.Errorf("only %d structs were found: they were not looked for", len(s.roots))
	}
	return s
}

// collect finds the structs of one declaration.
func (s structs) collect(decl ast.Decl, inner map[string]bool) {
	holder, local := "", ""
	if f, ok := decl.(*ast.FuncDecl); ok {
		holder = f.Name.Name
		if f.Recv != nil {
			holder = typeName(f.Recv.List[0].Type) + "." + holder
		}
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			local = n.Name.Name
		case *ast.StructType:
			if !tagged(n) {
				return true
			}
			name := strings.TrimSpace(holder + " " + local)
			if holder == "" {
				s.named[local] = n
			}
			for i, base := 2, name; s.roots[name] != nil; i++ {
				name = base + " " + strconv.Itoa(i)
			}
			s.roots[name], local = n, ""
			for _, f := range n.Fields.List {
				ast.Inspect(f.Type, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok {
						inner[id.Name] = true
					}
					return true
				})
			}
			return false
		}
		return true
	})
}

// tagged tells whether a struct is one for JSON.
func tagged(s *ast.StructType) bool {
	return slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool { return f.Tag != nil && strings.Contains(f.Tag.Value, "json:") })
}

// typeName is the name of a receiver's type.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// walk tells each field of a struct, and what is wrong with it.
func (s structs) walk(st *ast.StructType, shape contracttest.Shape, at string, tell func(at, fault string)) {
	for _, f := range st.Fields.List {
		if f.Tag == nil {
			continue
		}
		quoted, _ := strconv.Unquote(f.Tag.Value)
		name, _, _ := strings.Cut(reflect.StructTag(quoted).Get("json"), ",")
		here := strings.TrimPrefix(at+"."+name, ".")
		s.field(f.Type, shape.At(name), here, tell)
	}
}

// field tells a field of a type.
func (s structs) field(e ast.Expr, shape contracttest.Shape, at string, tell func(at, fault string)) {
	kind := ""
	var inside func()
	switch e := e.(type) {
	case *ast.StarExpr:
		s.field(e.X, shape, at, tell)
		return
	case *ast.ArrayType:
		kind, inside = "array", func() { s.field(e.Elt, shape.At("[]"), at+"[]", tell) }
	case *ast.MapType:
		kind = "object"
	case *ast.StructType:
		kind, inside = "object", func() { s.walk(e, shape, at, tell) }
	case *ast.SelectorExpr: // time.Time, or JSON that is read elsewhere
		kind = map[string]string{"Time": "string", "RawMessage": "any"}[e.Sel.Name]
	case *ast.Ident:
		kind = map[string]string{"string": "string", "int": "integer", "int64": "integer", "bool": "boolean"}[e.Name]
		if named := s.named[e.Name]; named != nil {
			kind, inside = "object", func() { s.walk(named, shape, at, tell) }
		}
	}
	switch {
	case kind == "":
		tell(at, fmt.Sprintf("has it, and this test does not know the type %T", e))
	case shape.IsZero():
		tell(at, "does not describe it")
	case kind != "any" && !shape.May(kind):
		tell(at, "describes another type than "+kind)
	default:
		tell(at, "")
	}
	if inside != nil {
		inside()
	}
}
