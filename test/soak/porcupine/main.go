// Command porcupine judges a history of registers: whether each behaved as a single one would, whatever took its
// operations. It reads operations from its input, one JSON object a line, and prints a verdict for each register that
// is not linearizable, or could not be judged in time.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// operation is one operation on one register. A value that is absent is that of a register that was never written.
type operation struct {
	Client  int     `json:"client"`
	Kind    string  `json:"kind"` // read, write or swap
	Key     string  `json:"key"`
	From    string  `json:"from"`
	Value   *string `json:"value"`
	Swapped *bool   `json:"swapped"` // absent where nobody knows
	Call    int64   `json:"call"`
	Return  *int64  `json:"return"` // absent where it may take effect at any later time
}

type verdict struct {
	Operations int      `json:"operations"`
	Registers  int      `json:"registers"`
	Illegal    []string `json:"illegal"`
	Unknown    []string `json:"unknown"`
	Pages      []string `json:"pages"`
}

const never = "" // the state of a register that was never written; values are not empty

var register = porcupine.Model{
	Init: func() interface{} { return never },
	Step: func(state, input, _ interface{}) (bool, interface{}) {
		op := input.(operation)
		held := state.(string)
		switch op.Kind {
		case "read":
			return held == text(op.Value), held
		case "write":
			return true, text(op.Value)
		default:
			swaps := held == op.From
			if op.Swapped != nil && *op.Swapped != swaps {
				return false, held
			}
			if swaps {
				return true, text(op.Value)
			}
			return true, held
		}
	},
	DescribeOperation: func(input, _ interface{}) string {
		op := input.(operation)
		switch op.Kind {
		case "read":
			return fmt.Sprintf("read %q", text(op.Value))
		case "write":
			return fmt.Sprintf("write %q", text(op.Value))
		default:
			done := "?"
			if op.Swapped != nil {
				done = fmt.Sprint(*op.Swapped)
			}
			return fmt.Sprintf("swap %q for %q: %s", op.From, text(op.Value), done)
		}
	},
}

func text(value *string) string {
	if value == nil {
		return never
	}
	return *value
}

func main() {
	timeout := flag.Duration("timeout", time.Minute, "how long one register may take")
	pages := flag.String("pages", "", "folder for a page about each register that is not linearizable")
	flag.Parse()
	result, err := judge(*timeout, *pages)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func judge(timeout time.Duration, pages string) (verdict, error) {
	result := verdict{Illegal: []string{}, Unknown: []string{}, Pages: []string{}}
	histories, keys, err := read(&result)
	if err != nil {
		return result, err
	}
	for _, key := range keys {
		outcome, info := porcupine.CheckOperationsVerbose(register, histories[key], timeout)
		switch outcome {
		case porcupine.Illegal:
			result.Illegal = append(result.Illegal, key)
			if pages != "" {
				page := filepath.Join(pages, strings.ReplaceAll(key, "/", "-")+".html")
				if err := porcupine.VisualizePath(register, info, page); err != nil {
					return result, err
				}
				result.Pages = append(result.Pages, page)
			}
		case porcupine.Unknown:
			result.Unknown = append(result.Unknown, key)
		}
	}
	return result, nil
}

// read sorts the operations by register, in the order in which registers come up.
func read(result *verdict) (map[string][]porcupine.Operation, []string, error) {
	histories := map[string][]porcupine.Operation{}
	keys := []string{}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var op operation
		if err := json.Unmarshal(lines.Bytes(), &op); err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", result.Operations+1, err)
		}
		if op.Kind != "read" && op.Kind != "write" && op.Kind != "swap" {
			return nil, nil, fmt.Errorf("line %d: there is no %q", result.Operations+1, op.Kind)
		}
		end := int64(math.MaxInt64)
		if op.Return != nil {
			end = *op.Return
		}
		if _, known := histories[op.Key]; !known {
			keys = append(keys, op.Key)
		}
		histories[op.Key] = append(histories[op.Key], porcupine.Operation{
			ClientId: op.Client, Input: op, Call: op.Call, Return: end,
		})
		result.Operations++
	}
	result.Registers = len(keys)
	return histories, keys, lines.Err()
}
