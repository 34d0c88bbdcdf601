package gen

// Facts are what a person wants to know of a function on a platform before
// choosing it. Each is a short phrase.
type Facts struct {
	Source     string   `json:"source"`     // the native service that feeds it
	Guarantee  string   `json:"guarantee"`  // of delivery
	Retries    string   `json:"retries"`    // who tries again, how often
	Order      string   `json:"order"`      // what is kept in order
	DeadLetter string   `json:"deadletter"` // where what fails for good goes
	Emulated   []string `json:"emulated"`   // what fngen's adapter does because the platform does not
	Differs    []string `json:"differs"`    // what of the event is not as on the other platforms
}

const (
	AtLeastOnce = "at least once"
	AtMostOnce  = "at most once"
	OnRequest   = "answers a request"
)
