package release_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"twokey/checks/text"
	"twokey/release"
)

// filler sets every field of a value to something, no two alike.
type filler struct{ n int }

// event is a filled event of the same type as e.
func (f *filler) event(e release.Event) release.Event {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	f.fill(v)
	return v.Interface().(release.Event)
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Addr().Interface().(type) {
	case *text.Safe:
		v.Set(reflect.ValueOf(text.Cleanf("<safe> & sound %d", f.n)))
		return
	case *time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 8, 14, 9, 0, 0, f.n, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("<text> & \"more\" %d", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Float64:
		v.SetFloat(float64(f.n) / 7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key)
		f.fill(value)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	default:
		panic("nothing to fill " + v.Type().String() + " with")
	}
}

func TestEveryEventRoundTrips(t *testing.T) {
	f := &filler{}
	for i, empty := range release.EventTypes() {
		for _, e := range []release.Event{empty, f.event(empty)} {
			want := release.Stamped{Seq: uint64(i + 1), Time: time.Date(2026, 8, 14, 9, 0, i, 7, time.UTC), Event: e}
			b, err := want.MarshalJSON()
			if err != nil {
				t.Errorf("%s: %v", e.Type(), err)
				continue
			}
			var got release.Stamped
			if err := json.Unmarshal(b, &got); err != nil {
				t.Errorf("%s: %v", e.Type(), err)
				continue
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s:\ngot  %+v\nwant %+v", e.Type(), got, want)
			}
		}
	}
}

func TestEventIsOneLineAsItReads(t *testing.T) {
	f := &filler{}
	for _, empty := range release.EventTypes() {
		b, err := release.Stamped{Seq: 1, Event: f.event(empty)}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(b, "\n\r") || bytes.Contains(b, []byte(`\u00`)) {
			t.Errorf("%s: %s", empty.Type(), b)
		}
		prefix := fmt.Sprintf(`{"v":%d,"seq":1,"time":"0001-01-01T00:00:00Z","type":%q,"data":{`, release.WireVersion, empty.Type())
		if !bytes.HasPrefix(b, []byte(prefix)) {
			t.Errorf("%s begins %.120s", empty.Type(), b)
		}
	}
}

func TestEventTimeIsUTC(t *testing.T) {
	at := time.Date(2026, 8, 14, 9, 0, 0, 0, time.FixedZone("CEST", 2*60*60))
	b, err := release.Stamped{Seq: 1, Time: at, Event: release.Noted{}}.MarshalJSON()
	if err != nil || !bytes.Contains(b, []byte(`"time":"2026-08-14T07:00:00Z"`)) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestEventTypes(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+(\.[a-z]+)?$`)
	names, kinds := map[string]bool{}, map[reflect.Type]bool{}
	for _, e := range release.EventTypes() {
		if name := e.Type(); names[name] || !form.MatchString(name) {
			t.Errorf("%q is taken, or not a good name", name)
		}
		if kinds[reflect.TypeOf(e)] {
			t.Errorf("%T is there twice", e)
		}
		names[e.Type()], kinds[reflect.TypeOf(e)] = true, true
	}
}

// TestNamesInJSON holds that every field of every event has a name of the same
// form, and that none was left to Go's own.
func TestNamesInJSON(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type)
	look = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer, reflect.Map:
			look(typ.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[typ] || typ == reflect.TypeFor[text.Safe]() || typ == reflect.TypeFor[time.Time]() {
			return
		}
		seen[typ] = true
		for field := range typ.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !form.MatchString(name) {
				t.Errorf("%s.%s is %q in JSON", typ, field.Name, name)
			}
			look(field.Type)
		}
	}
	for _, e := range release.EventTypes() {
		look(reflect.TypeOf(e))
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	const good = `{"v":1,"seq":3,"time":"2026-08-14T09:00:00Z","type":"note","data":{"text":"hello"}}`
	var s release.Stamped
	if err := json.Unmarshal([]byte(good), &s); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ old, new, want string }{
		"a later version":    {`"v":1`, `"v":2`, "event 3 has version 2, not 1"},
		"no version":         {`"v":1,`, ``, "event 3 has version 0, not 1"},
		"an unknown type":    {`"note"`, `"nota"`, `event 3 has the unknown type "nota"`},
		"no type":            {`"type":"note",`, ``, `event 3 has the unknown type ""`},
		"no data":            {`,"data":{"text":"hello"}`, ``, "event 3, note: "},
		"data that is null":  {`{"text":"hello"}`, `null`, "event 3, note: "},
		"data of a list":     {`{"text":"hello"}`, `[]`, "event 3, note: "},
		"a text of a number": {`"hello"`, `7`, "event 3, note: "},
		"a number of a text": {`"seq":3`, `"seq":"3"`, "seq"},
		"no time":            {`2026-08-14T09:00:00Z`, `yesterday`, "yesterday"},
		"cut off":            {`"}}`, ``, "unexpected end"},
	} {
		t.Run(name, func(t *testing.T) {
			got := release.Stamped{Seq: 99}
			err := got.UnmarshalJSON([]byte(strings.Replace(good, tt.old, tt.new, 1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if got.Seq != 99 || got.Event != nil {
				t.Errorf("something was read: %+v", got)
			}
		})
	}
}

func TestUnmarshalPassesOverNewFields(t *testing.T) {
	var s release.Stamped
	err := json.Unmarshal([]byte(`{"v":1,"seq":3,"time":"2026-08-14T09:00:00Z","type":"note","data":{"text":"hello","mood":"good"},"host":"x"}`), &s)
	if err != nil || s.Event != (release.Noted{Text: text.Clean("hello")}) {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestUnmarshalCleans(t *testing.T) {
	var s release.Stamped
	if err := json.Unmarshal([]byte(`{"v":1,"seq":3,"time":"2026-08-14T09:00:00Z","type":"note","data":{"text":"\u001b[2Jhello\u202e"}}`), &s); err != nil {
		t.Fatal(err)
	}
	if got := s.Event.(release.Noted).Text.String(); strings.ContainsAny(got, "\x1b\u202e") {
		t.Errorf("%q", got)
	}
}
