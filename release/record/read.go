package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"twokey/release"
)

// ErrTorn says that a record's last line was not written to its end: the program
// or the machine stopped in the middle of it. Read returns it together with every
// event before that line.
var ErrTorn = errors.New("the last line of the record was not written to its end")

// Read reads a record. It returns ErrTorn, and the events, when only the last line
// is torn: what a line without its end says was never acted on, because a synced
// Append returns after the whole line is on disk. Any other fault is an error with
// the line's number, and the events before it.
func Read(r io.Reader) ([]release.Stamped, error) {
	var (
		events []release.Stamped
		last   uint64
		in     = bufio.NewReaderSize(r, 64<<10)
	)
	for number := 1; ; number++ {
		line, err := readLine(in)
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return events, nil
		case errors.Is(err, io.EOF):
			return events, ErrTorn
		case err != nil:
			return events, lineError(number, err)
		}
		var s release.Stamped
		if err := s.UnmarshalJSON(line); err != nil {
			return events, lineError(number, err)
		}
		if s.Seq <= last {
			return events, lineError(number, fmt.Errorf("event %d comes after event %d", s.Seq, last))
		}
		events, last = append(events, s), s.Seq
	}
}

// readLine reads up to a line's end, which it takes off. With io.EOF comes what
// stands after the last line's end.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > MaxLine {
			return nil, fmt.Errorf("it is longer than %d bytes", MaxLine)
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte("\n")), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		}
	}
}

// lineError is the error of a record that is no record from a line on.
func lineError(number int, err error) error {
	return &release.Error{Op: fmt.Sprintf("read line %d of the record", number), Err: err}
}
