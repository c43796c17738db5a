// Command press is a service as anybody writes one: it answers, says which pod it is and that it is well, and ends at
// once when it is asked to. The environment makes it start late, or end in good order; the edition "broken" is never well.
//
//	press              serve
//	press wait 200ms   do nothing for so long: a hook before the stop, where a whole second is too much
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

var edition = "none"

func main() {
	if len(os.Args) == 3 && os.Args[1] == "wait" {
		time.Sleep(duration(os.Args[2]))
		return
	}
	pod, _ := os.Hostname()
	http.HandleFunc("/well", func(w http.ResponseWriter, _ *http.Request) {
		if edition == "broken" {
			http.Error(w, "not well", http.StatusServiceUnavailable)
		}
	})
	http.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Incarnation", pod)
		w.Header().Set("X-Version", "localhost/press:"+edition)
		fmt.Fprintf(w, "edition %s\n", edition)
	})
	if late := os.Getenv("PRESS_STARTS_AFTER"); late != "" {
		time.Sleep(duration(late))
	}
	server := &http.Server{Addr: ":8080"}
	ended := make(chan struct{})
	if os.Getenv("PRESS_ENDS") == "in good order" {
		go closeInGoodOrder(server, ended)
	} else {
		close(ended)
	}
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	<-ended
}

// closeInGoodOrder listens no more once it is asked to end, and lets what it has accepted be answered.
func closeInGoodOrder(server *http.Server, ended chan<- struct{}) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	<-asked
	server.Shutdown(context.Background())
	close(ended)
}

func duration(told string) time.Duration {
	parsed, err := time.ParseDuration(told)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return parsed
}
