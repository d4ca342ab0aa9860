// gnata on the benchmark set: peers BENCH_JSON DOCUMENTS. One JSON line a case, with the time and the result of an
// evaluation after it, or with "error".
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/recolabs/gnata"
)

const batchTime = 120 * time.Millisecond

type benchCase struct {
	Name string `json:"name"`
	Data string `json:"data"`
	Expr string `json:"expr"`
}

type line struct {
	Peer       string  `json:"peer"`
	Name       string  `json:"name"`
	EvaluateNs float64 `json:"evaluateNs,omitempty"`
	Result     any     `json:"result,omitempty"`
	Error      string  `json:"error,omitempty"`
}

func measure(work func()) float64 {
	best := math.Inf(1)
	for batch := -1; batch < 5; batch++ {
		runtime.GC()
		start := time.Now()
		rounds := 0
		for time.Since(start) < batchTime {
			work()
			rounds++
		}
		if batch >= 0 {
			best = math.Min(best, float64(time.Since(start).Nanoseconds())/float64(rounds))
		}
	}
	return best
}

func run(test benchCase, documents string) (out line, err error) {
	out = line{Peer: "gnata", Name: test.Name}
	text, err := os.ReadFile(filepath.Join(documents, test.Data+".json"))
	if err != nil {
		return out, err
	}
	data, err := gnata.DecodeJSON(text)
	if err != nil {
		return out, err
	}
	expression, err := gnata.Compile(test.Expr)
	if err != nil {
		return out, err
	}
	evaluate := func() any {
		value, failure := expression.Eval(context.Background(), data)
		if failure != nil {
			err = failure
		}
		return value
	}
	out.EvaluateNs = measure(func() { evaluate() })
	out.Result = gnata.NormalizeValue(evaluate())
	return out, err
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	var bench struct {
		Cases []benchCase `json:"cases"`
	}
	if err := json.Unmarshal(text, &bench); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	for _, test := range bench.Cases {
		out, err := run(test, os.Args[2])
		if err != nil {
			out = line{Peer: "gnata", Name: test.Name, Error: err.Error()}
		}
		printed, err := json.Marshal(out)
		if err != nil {
			printed, _ = json.Marshal(line{Peer: "gnata", Name: test.Name, Error: err.Error()})
		}
		fmt.Println(string(printed))
	}
}
