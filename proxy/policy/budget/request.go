package budget

import (
	"context"
	"errors"
	"time"
)

// The actions of a Request.
const (
	ActionStatus  = "status"
	ActionRelease = "release"
	ActionClose   = "close"
)

// Request is what an operator asks of a guard. It may be sent to a running proxy as JSON.
type Request struct {
	Tenant string `json:"tenant"`
	Action string `json:"action"`
	// Until is the end of a release.
	Until time.Time `json:"until,omitzero"`
	// By names the operator.
	By string `json:"by"`
}

// errAction means that a request has no known action.
var errAction = errors.New("the action must be status, release or close")

// Do carries out a request for the tenant of o, and returns the state after it.
func (o Operate) Do(ctx context.Context, r Request) (State, error) {
	var err error
	switch r.Action {
	case ActionStatus:
	case ActionRelease:
		err = o.Release(ctx, r.Until, r.By)
	case ActionClose:
		err = o.Close(ctx, r.By)
	default:
		err = errAction
	}
	if err != nil {
		return State{}, err
	}
	return o.Status(ctx)
}
