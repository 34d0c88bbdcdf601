package native

// A Reason says why a platform never sends an occurrence.
type Reason string

// Error implements error.
func (r Reason) Error() string { return string(r) }

// The reasons that there are.
const (
	NoObjects     Reason = "the platform has no object store"
	NoAttributes  Reason = "the envelope has no attributes beside the body"
	NoBinaryMode  Reason = "the envelope has no binary mode of CloudEvents"
	TextOnly      Reason = "the envelope's bodies are text"
	JSONOnly      Reason = "the envelope's content is JSON"
	NoStreams     Reason = "the platform's responses leave when they are whole"
	ObjectsOnly   Reason = "a trigger is fired with a JSON object"
	GroupAlphabet Reason = "the name of a group is of ASCII letters, digits and punctuation"
	EveryKey      Reason = "every record has a key"
	TimeKnown     Reason = "the scheduler always says the time"
	OneKey        Reason = "a document has one key"
	KeyAlphabet   Reason = "a document's key has no slash"
	KeyField      Reason = "a field with the name of a key attribute is the key"
	NoSuchValue   Reason = "documents have no values of the kind"
	NoNativeEvent Reason = "the platform publishes CloudEvents only"
)
