package model

import (
	"fmt"
	"maps"
	"slices"
)

// A Code names a kind of finding. It is part of what users write and search
// for: a code keeps its name and its meaning, and one that is gone is not used
// again.
type Code string

// A Kind is what all findings of one code have in common.
type Kind struct {
	Severity Severity
	Means    string // a sentence without its full stop
}

// Kinds are all kinds of findings. A code is always of one severity, since
// warnings can be allowed, and errors cannot.
var Kinds = map[Code]Kind{
	// What is said about findings
	"allow-unused": {Warning, "a warning is allowed that there is not"},
	"loop-unused":  {Warning, "loop=ok is written of what feeds nothing that writes it"},

	// Directives
	"directive-character": {Error, "a directive holds a space other than blank and tab, or a character that readers do not see"},
	"directive-missed":    {Error, "a comment looks like a directive and is none, so that its function would be left out"},
	"directive-place":     {Error, "a directive stands where no function's doc comment is, or in a test file"},
	"directive-quote":     {Error, "the quotes of a directive's argument are not those of a Go string around all of it"},
	"directive-twice":     {Error, "a directive or an argument of it is there twice"},
	"directive-unknown":   {Error, "there is no directive of that name"},
	"directive-value":     {Error, "the value of an argument is not possible"},
	"directive-word":      {Error, "an argument is missing, or is one that the directive does not have"},
	"setup-alone":         {Error, "a setup has other directives"},
	"use-alone":           {Error, "a use stands where no setup is"},
	"use-type":            {Error, "a parameter of a setup has no use, or is not of its type"},
	"trigger-missing":     {Error, "a function has directives, and none of them is a trigger"},
	"trigger-twice":       {Error, "a function has two triggers of one kind"},

	// Go
	"cgo-left-out":        {Warning, "a package compiles without its files for cgo, and may not do what it should"},
	"go-compile":          {Error, "a package does not compile"},
	"go-syntax":           {Error, "a file with directives is not Go"},
	"go-version":          {Error, "go.mod asks for a newer go command than there is"},
	"handler-receiver":    {Error, "a method's type is generic or has no setup"},
	"handler-shape":       {Error, "the function is no handler, by its parameters and results"},
	"handler-trigger":     {Error, "the handler cannot serve its trigger or fill its sinks"},
	"handler-unreachable": {Error, "generated code cannot call the handler"},
	"left-out":            {Warning, "a build constraint leaves a function out on a platform"},
	"file-unreadable":     {Warning, "a Go file is no file, or a link that leads to none"},
	"folder-left-out":     {Warning, "directives lie in a folder that is not searched: another module's, vendored, linked or generated"},
	"module-path":         {Error, "the platform does not take the module's path"},
	"name-grammar":        {Error, "a function's name is not possible"},
	"name-taken":          {Error, "two functions have one name"},
	"name-was":            {Error, "a former name of a function is not possible, or is another's too, now or before"},
	"needs-cgo":           {Error, "a function needs cgo, without which all are built"},
	"replace-absolute":    {Warning, "go.mod replaces a module by an absolute path, which binaries record"},
	"setup-shape":         {Error, "the function is no setup, by its parameters and results"},
	"sdk-version":         {Warning, "go.mod requires another version of fngen than this one"},
	"setup-twice":         {Error, "a type has two setups"},
	"setup-unused":        {Warning, "no method of a setup's type has a directive"},

	// What fngen vet says of handlers
	"process-exit": {Warning, "what a handler comes to ends the process, with all that it handles"},
	"vendor-sdk":   {Warning, "functions that are meant for other platforms too link a vendor's SDK"},

	// What fngen doctor says of what ages
	"dist-older":        {Warning, "an artifact was built by an older fngen than this one"},
	"entrypoint-stale":  {Warning, "an entrypoint is not what this fngen writes"},
	"generator-version": {Warning, "fngen.mod requires another version of fngen than go.mod"},
	"go-support":        {Warning, "a version of Go gets no security fixes any more, or soon none"},
	"runtime-blocked":   {Warning, "the platform takes no new functions of the runtime any more, or no updates"},
	"runtime-ending":    {Warning, "the platform does not maintain the runtime any more, or soon not"},
	"runtime-unknown":   {Warning, "nothing is known of how long the platform has the runtime"},
	"runtimes-old":      {Warning, "what fngen knows of runtimes was checked long ago"},

	// The go command's environment
	"build-flag":    {Error, "a flag in GOFLAGS is not possible, or would change what is compiled on some platforms alone"},
	"build-ignored": {Warning, "a variable of the go command that would change what is compiled is ignored"},

	// fngen.yaml
	"config-above":  {Warning, "an fngen.yaml lies above the folder that the command runs in"},
	"config-name":   {Error, "a file is named almost as fngen.yaml or that of an environment, and not read"},
	"config-key":    {Error, "there is no such key"},
	"config-syntax": {Error, "the file is not YAML, or more than one document"},
	"config-twice":  {Error, "a key is there twice"},
	"config-unused": {Error, "what is said belongs to nothing in the application"},
	"config-value":  {Error, "the value of a key is not possible"},

	// Files that lie where fngen writes
	"environment-mixed": {Error, "functions built for two environments would lie in one folder"},
	"file-edited":       {Error, "a file that fngen wrote was edited since"},
	"file-foreign":      {Error, "a file lies where fngen writes one, and fngen did not write it"},
	"link-outward":      {Error, "go.mod or go.sum is a link that leads out of the module's folder"},

	// What platforms refuse
	"application-size":    {Error, "the functions are more than one template takes"},
	"batch-limit":         {Error, "the platform does not take a batch of that size"},
	"concurrency-limit":   {Error, "the platform does not handle as many groups at once"},
	"env-name":            {Error, "the platform or fngen has an environment variable of that name"},
	"env-secret":          {Error, "the platform keeps no secrets"},
	"env-size":            {Error, "the environment is larger than the platform takes"},
	"env-value":           {Error, "the platform's tools would change the value of a variable"},
	"event-type":          {Error, "events of that type are not to be had by their type alone"},
	"feeds-itself":        {Error, "what a function sends, or its dead letters, would come back to it for ever"},
	"fifo-mismatch":       {Error, "a FIFO queue and another are mixed up"},
	"http-dead-letter":    {Error, "an HTTP function answers for what fails and has no dead letters"},
	"http-method":         {Error, "the platform passes no requests of that method on"},
	"http-options":        {Error, "the platform lets OPTIONS pass without credentials"},
	"http-path":           {Error, "the platform does not take the route's path"},
	"http-stream":         {Error, "the platform cannot stream"},
	"instances-limit":     {Error, "the platform does not take that number of instances"},
	"log-retention-limit": {Error, "the platform does not keep logs for that time"},
	"memory-limit":        {Error, "the platform does not take that size of memory"},
	"object-filter":       {Error, "the platform does not take the prefix or suffix"},
	"object-overlap":      {Error, "the platform cannot tell the objects of two functions apart"},
	"policy-size":         {Error, "a policy or a condition is larger than the platform takes"},
	"queue-shared":        {Error, "two functions are fed by one queue"},
	"resource-name":       {Error, "the platform does not take the name of what would be created"},
	"resource-setting":    {Error, "a setting of a resource is missing, not possible or without effect"},
	"retries-limit":       {Error, "the platform does not take that number of retries"},
	"route-taken":         {Error, "two functions have one route"},
	"schedule-expression": {Error, "the platform does not take the schedule"},
	"secret-name":         {Error, "the platform has no secrets of such names, or none that are read in part"},
	"sink-name":           {Error, "a sink and dead letters have one name, by which their addresses are told apart"},
	"sink-unsupported":    {Error, "the platform has no way to send to the sink"},
	"sink-url":            {Error, "the URL of a sink is not known"},
	"stream-latest":       {Error, "the platform has no start=latest"},
	"template-patch":      {Error, "what lies over the template cannot be laid there"},
	"timeout-limit":       {Error, "the platform does not take as long a timeout"},
	"topic-fifo":          {Error, "a FIFO topic calls no function"},
	"trigger-limit":       {Error, "the platform does not feed as many functions from one resource"},
	"trigger-shared":      {Error, "two functions would share what the platform has once"},
	"trigger-unsupported": {Error, "the platform has no such trigger"},
	"use-unsupported":     {Error, "the platform has no such service"},
	"visibility-limit":    {Error, "the platform does not take that visibility timeout"},
	"window-limit":        {Error, "the platform does not take that window"},

	// What platforms do otherwise
	"audience-eventarc":     {Warning, "Eventarc's tokens pass only for the URL of the function's own service"},
	"audience-signature":    {Warning, "Cloud Run's own check takes away what targets.gcp.audience verifies"},
	"batch-ignored":         {Warning, "the platform decides how many messages come at once"},
	"bucket-existing":       {Warning, "an existing bucket must be told to send its events"},
	"bucket-project":        {Warning, "the bucket must lie in the function's own project"},
	"callers-unchecked":     {Warning, "whoever reaches the binary is trusted"},
	"concurrency-ignored":   {Warning, "the platform decides how much is handled at once"},
	"document-data":         {Warning, "the platform tells of a change without the documents"},
	"function-cycle":        {Warning, "functions feed each other, and may do so for ever"},
	"filter-paid":           {Warning, "the function itself drops what it is not meant for, so that it is paid for"},
	"host-unverified":       {Warning, "the certificate of the platform's host is not verified"},
	"http-cors":             {Warning, "the platform answers OPTIONS itself, with CORS headers of its own"},
	"http-path-reserved":    {Warning, "the platform keeps the path, or some like it, for itself"},
	"http-preflight":        {Warning, "browsers' preflight requests are refused"},
	"identity-changed":      {Warning, "a function of the last build would be deployed anew, as another one"},
	"instances-ignored":     {Warning, "the platform keeps no instances"},
	"instances-paired":      {Warning, "so few instances throttle what a queue feeds them"},
	"key-policy":            {Warning, "the policy of a key must let services use it"},
	"kafka-text":            {Warning, "the Kafka feed damages values that are no text"},
	"letters-none":          {Warning, "no function has the queue as its dead letters"},
	"letters-stripped":      {Warning, "a function gets dead letters as if they were messages"},
	"log-retention-ignored": {Warning, "how long logs are kept is set elsewhere"},
	"object-overwrite":      {Warning, "an overwrite fires too, since it deletes the old object"},
	"object-versions":       {Warning, "in a bucket that keeps versions the removal of an old one fires too"},
	"order-key":             {Warning, "order is kept among messages of one key, which the publisher chooses"},
	"outputs-left":          {Warning, "the template would have more outputs than the platform takes"},
	"queue-existing":        {Warning, "the settings of an existing queue count, not the directive's"},
	"retries-few":           {Warning, "a throttled delivery counts as a retry too"},
	"retries-ignored":       {Warning, "the platform retries as often as it likes"},
	"rights-shared":         {Warning, "rights of one function reach another, which runs as the same account"},
	"role-existing":         {Warning, "an existing role must permit what the function does"},
	"schedule-start":        {Warning, "an interval counts from the moment the schedule is created"},
	"schedule-time":         {Warning, "the platform tells no scheduled time"},
	"sink-subscribers":      {Warning, "who gets what is sent is not as the directives alone say"},
	"stream-start":          {Warning, "records are missed that arrive before the function listens"},
	"table-readers":         {Warning, "more functions read a table's changes than the platform feeds without throttling"},
	"topic-content":         {Warning, "messages never have that content type on the platform"},
	"tracing-ignored":       {Warning, "the platform itself decides what it traces"},
	"topic-json":            {Warning, "messages are JSON objects on the platform"},
}

// Apart reports whether findings of the code are said by fngen vet or fngen
// doctor alone, so that no other command knows whether there are any.
func (c Code) Apart() bool {
	return slices.Contains([]Code{"process-exit", "vendor-sdk", "dist-older", "entrypoint-stale", "generator-version", "go-support",
		"runtime-blocked", "runtime-ending", "runtime-unknown", "runtimes-old"}, c)
}

// Allowable says why warnings of the code cannot be allowed.
func Allowable(code Code) error {
	kind, ok := Kinds[code]
	if !ok {
		var codes []string
		for _, code := range slices.Sorted(maps.Keys(Kinds)) {
			codes = append(codes, string(code))
		}
		return ErrText("%q is not the code of a finding; %sfngen help findings lists them", string(code), DidYouMean(string(code), codes))
	}
	if kind.Severity == Error {
		return fmt.Errorf("%s is an error, which cannot be allowed; mend what it says", code)
	}
	return nil
}
