package rehearsal

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// cell is one job of a matrix. A job without a matrix, or whose matrix does not
// matter since it is skipped, is a cell without values.
type cell struct {
	matrix *object // nil: no matrix
	// open holds when the matrix is known only at run time, so that this one job
	// stands for all of them.
	open bool
}

// context is the matrix context of the job.
func (c cell) context() any {
	if c.matrix == nil {
		return unknown{} // never looked at, except in the name of a job that is skipped
	}
	return c.matrix
}

// cells works out the jobs that a job becomes. One that is skipped is a single
// job, since GitHub does not look at its matrix.
func (x *expansion) cells(job *actionlint.Job, sc scope, skipped bool) ([]cell, error) {
	if skipped || job.Strategy == nil || job.Strategy.Matrix == nil {
		return []cell{{}}, nil
	}
	rows, include, exclude, ok := matrixValues(job.Strategy.Matrix, sc)
	if !ok {
		return []cell{{open: true}}, nil
	}
	combos, err := combine(rows)
	if err != nil {
		return nil, err
	}
	combos = slices.DeleteFunc(combos, func(c *object) bool {
		return slices.ContainsFunc(exclude, func(e *object) bool { return within(e, c) })
	})
	combos = includeInto(combos, rows, include)
	if len(combos) > maxMatrix {
		return nil, fmt.Errorf("matrix of %d jobs: GitHub allows %d", len(combos), maxMatrix)
	}
	cells := make([]cell, len(combos))
	for i, c := range combos {
		cells[i].matrix = c
	}
	return cells, nil
}

// matrixValues reads a matrix; not ok when it is known only at run time.
func matrixValues(m *actionlint.Matrix, sc scope) (rows *object, include, exclude []*object, ok bool) {
	rows = newObject()
	if m.Expression != nil {
		whole, isObject := sc.fillValue(m.Expression.Value).(*object)
		if !isObject {
			return nil, nil, nil, false
		}
		for _, k := range whole.keys {
			switch strings.ToLower(k) {
			case "include":
				include, ok = objects(whole.get(k))
			case "exclude":
				exclude, ok = objects(whole.get(k))
			default:
				_, ok = whole.get(k).([]any)
				rows.set(k, whole.get(k))
			}
			if !ok {
				return nil, nil, nil, false
			}
		}
		return rows, include, exclude, true
	}
	keys := slices.Collect(maps.Keys(m.Rows))
	slices.SortFunc(keys, func(a, b string) int { return before(rowPos(m.Rows[a]), rowPos(m.Rows[b])) })
	for _, k := range keys {
		values, known := rowValues(m.Rows[k], sc)
		if !known {
			return nil, nil, nil, false
		}
		rows.set(k, values)
	}
	if include, ok = combinations(m.Include, sc); !ok {
		return nil, nil, nil, false
	}
	exclude, ok = combinations(m.Exclude, sc)
	return rows, include, exclude, ok
}

// rowPos is where a row of a matrix stands.
func rowPos(r *actionlint.MatrixRow) *actionlint.Pos {
	switch {
	case r.Name != nil:
		return r.Name.Pos
	case r.Expression != nil:
		return r.Expression.Pos
	}
	return &actionlint.Pos{}
}

// rowValues are the values of one row of a matrix.
func rowValues(r *actionlint.MatrixRow, sc scope) ([]any, bool) {
	if r.Expression != nil {
		values, ok := sc.fillValue(r.Expression.Value).([]any)
		return values, ok
	}
	var values []any
	for _, raw := range r.Values {
		v := fromYAML(raw, sc)
		if isUnknown(v) {
			return nil, false
		}
		values = append(values, v)
	}
	return values, true
}

// combinations reads an include or exclude list.
func combinations(list *actionlint.MatrixCombinations, sc scope) ([]*object, bool) {
	if list == nil {
		return nil, true
	}
	if list.Expression != nil {
		return objects(sc.fillValue(list.Expression.Value))
	}
	var found []*object
	for _, c := range list.Combinations {
		if c.Expression != nil {
			o, ok := sc.fillValue(c.Expression.Value).(*object)
			if !ok {
				return nil, false
			}
			found = append(found, o)
			continue
		}
		assigns := make([]*actionlint.MatrixAssign, 0, len(c.Assigns))
		for _, a := range c.Assigns {
			assigns = append(assigns, a)
		}
		slices.SortFunc(assigns, func(a, b *actionlint.MatrixAssign) int { return before(a.Key.Pos, b.Key.Pos) })
		o := newObject()
		for _, a := range assigns {
			o.set(a.Key.Value, fromYAML(a.Value, sc))
		}
		found = append(found, o)
	}
	return found, true
}

// objects is a list whose elements are all objects.
func objects(v any) ([]*object, bool) {
	list, ok := v.([]any)
	found := make([]*object, len(list))
	for i, e := range list {
		if found[i], ok = e.(*object); !ok {
			return nil, false
		}
	}
	return found, ok
}

// fromYAML turns a value of a matrix into one of an expression. Numbers stay text,
// since 3.10 has to stay 3.10 where it was quoted; comparing turns them into
// numbers anyway.
func fromYAML(raw actionlint.RawYAMLValue, sc scope) any {
	switch raw := raw.(type) {
	case *actionlint.RawYAMLString:
		switch raw.Value {
		case "true", "false":
			return raw.Value == "true"
		}
		return sc.fillValue(raw.Value)
	case *actionlint.RawYAMLArray:
		list := make([]any, len(raw.Elems))
		for i, e := range raw.Elems {
			list[i] = fromYAML(e, sc)
		}
		return list
	case *actionlint.RawYAMLObject:
		keys := make([]string, 0, len(raw.Props))
		for k := range raw.Props {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b string) int { return before(raw.Props[a].Pos(), raw.Props[b].Pos()) })
		o := newObject()
		for _, k := range keys {
			o.set(k, fromYAML(raw.Props[k], sc))
		}
		return o
	}
	return nil
}

// combine makes every combination of the rows' values, the last row changing
// fastest. A matrix of nothing but includes has none.
func combine(rows *object) ([]*object, error) {
	if len(rows.keys) == 0 {
		return nil, nil
	}
	combos := []*object{newObject()}
	for _, key := range rows.keys {
		values := rows.get(key).([]any)
		if len(combos)*len(values) > 16*maxMatrix { // excludes may still take some away
			return nil, fmt.Errorf("matrix of more than %d jobs: GitHub allows %d", 16*maxMatrix, maxMatrix)
		}
		var next []*object
		for _, c := range combos {
			for _, v := range values {
				o := c.clone()
				o.set(key, v)
				next = append(next, o)
			}
		}
		combos = next
	}
	return combos, nil
}

// within tells whether every value of part is the same in all; objects inside are
// compared in the same way.
func within(part, all *object) bool {
	for _, k := range part.keys {
		want, got := part.get(k), all.get(k)
		if wantObject, ok := want.(*object); ok {
			gotObject, ok := got.(*object)
			if !ok || !within(wantObject, gotObject) {
				return false
			}
			continue
		}
		if isUnknown(want) || isUnknown(got) || !equal(want, got) {
			return false
		}
	}
	return true
}

// includeInto adds the includes to a matrix: each extends the combinations whose
// own values it does not change, or else becomes a combination of its own.
func includeInto(combos []*object, rows *object, include []*object) []*object {
	original := len(combos)
	for _, inc := range include {
		own := newObject() // what it says about the rows of the matrix
		for _, k := range inc.keys {
			if rows.has(k) {
				own.set(k, inc.get(k))
			}
		}
		extended := false
		for _, c := range combos[:original] {
			if within(own, c) {
				extended = true
				for _, k := range inc.keys {
					c.set(k, inc.get(k))
				}
			}
		}
		if !extended {
			combos = append(combos, inc.clone())
		}
	}
	return combos
}

// maxJobName is how long GitHub lets the values in a job's name be.
const maxJobName = 100

// jobName is a job's name as GitHub shows it. The values of a matrix are added
// unless the name has expressions of its own.
func jobName(job *actionlint.Job, c cell, sc scope) string {
	name, own := job.ID.Value, false
	if job.Name != nil && job.Name.Value != "" {
		name = sc.fill(job.Name.Value)
		own = job.Name.ContainsExpression()
	}
	switch {
	case c.open:
		return name + " (matrix " + runtimeOnly + ")"
	case c.matrix == nil || own:
		return name
	}
	values := strings.Join(leaves(c.matrix), ", ")
	if len(values) > maxJobName {
		values = strings.ToValidUTF8(values[:maxJobName-3], "") + "..."
	}
	return name + " (" + values + ")"
}

// leaves are the single values inside a value, in order.
func leaves(v any) []string {
	switch v := v.(type) {
	case *object:
		var all []string
		for _, e := range v.values() {
			all = append(all, leaves(e)...)
		}
		return all
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, leaves(e)...)
		}
		return all
	case unknown:
		return []string{"(" + runtimeOnly + ")"}
	}
	return []string{display(v)}
}
