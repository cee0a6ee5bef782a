package console

import (
	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/undo"
)

// rowsShown is how many rows of an undo or of drift a page has.
const rowsShown = 200

// resultPage is a result with what its page needs besides.
type resultPage struct {
	result
	Back string
}

func withResult(v page.View, r result, back string) page.View {
	v.Data = resultPage{r, back}
	return v
}

// UndoRows are the rows of the plan that are shown.
func (r resultPage) UndoRows() []undo.Row { return r.Undo.Rows[:min(len(r.Undo.Rows), rowsShown)] }

// UndoLeft are rows that were planned and not carried out.
func (r resultPage) UndoLeft() []undo.Row {
	if r.Undo.Result == nil {
		return nil
	}
	return r.Undo.Left[:min(len(r.Undo.Left), rowsShown)]
}

// UndoDone is how many rows were carried out.
func (r resultPage) UndoDone() int {
	if r.Undo.Result == nil {
		return 0
	}
	return len(r.Undo.Done)
}

// DriftRows are the differences that are shown.
func (r resultPage) DriftRows() []drift.Row { return r.Drift.Rows[:min(len(r.Drift.Rows), rowsShown)] }

// Hidden is how many rows are not shown.
func (r resultPage) Hidden() int {
	n := 0
	if r.Undo != nil {
		n = len(r.Undo.Rows)
	}
	if r.Drift != nil {
		n = len(r.Drift.Rows)
	}
	return max(0, n-rowsShown)
}
