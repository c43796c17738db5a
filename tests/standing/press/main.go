// Command press is a service as anybody writes one: it answers, says that it is well, and ends at once when it is asked to.
package main

import (
	"fmt"
	"net/http"
	"os"
)

var edition = "none"

func main() {
	http.HandleFunc("/well", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	http.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "edition %s\n", edition) })
	if err := http.ListenAndServe(":8080", nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
