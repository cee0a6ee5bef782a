package notices

import (
	"go.uber.org/zap"

	"keycloak-scim-proxy/console"
)

// SignIn logs what went wrong with sessions of operators.
func (o Operator) SignIn(what string, err error) {
	o.Log.Warn("console: "+what, zap.Error(err))
}

// Session logs what happens to sessions of operators: they begin and end.
func (o Operator) Session(what string) { o.Log.Info("console: " + what) }

// Acted logs what an operator did in the console.
func (o Operator) Acted(a console.Act, err error) {
	fields := []zap.Field{zap.String("operator", a.By.Name), zap.String("address", a.By.Address), zap.String("tenant", a.Tenant), zap.String("action", a.Verb), zap.String("about", a.About)}
	if err != nil {
		o.Log.Warn("an operator's action in the console failed", append(fields, zap.Error(err))...)
		return
	}
	o.Log.Info("an operator acted in the console", fields...)
}
