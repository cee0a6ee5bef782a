// Package procgroup ends a command together with all processes that it started.
//
// Maven and kc.sh are scripts: if only the script is killed, its Java process keeps running and
// holds the output and the ports. On Unix the command starts in its own process group, and
// signals go to the group. Windows has no such signals; there taskkill ends the tree of processes
// at once.
package procgroup
