package cloudformation

import (
	"fmt"
	"go/token"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// A Patch is what lies over a template, by JSON Merge Patch: null removes, a
// mapping is merged, and all else takes the place of what is there. A function of
// CloudFormation is a value as a whole, be it a tag or a mapping.
//
// https://www.rfc-editor.org/rfc/rfc7396
type Patch struct {
	File string
	Top  *yaml.Node // of the file
}

// A Patched is a template with a patch over it.
type Patched struct {
	Text  []byte
	Stack stack.Stack               // what of it has limits: kinds, properties and how many outputs
	At    map[string]token.Position // in the patch, of the resources that it names; of itself under ""
}

// Over returns the template with the patch over it, below the header. What is wrong
// with the patch is among the diagnostics, and then there is no template.
func (p Patch) Over(template []byte, header string) (Patched, []model.Diagnostic, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(template, &document); err != nil {
		return Patched{}, nil, err
	}
	top := document.Content[0]
	top.HeadComment, top.Content[0].HeadComment = "", "" // the header
	l := laying{Patch: p, own: map[*yaml.Node]bool{}, removed: map[string]*yaml.Node{}}
	if l.tidy(p.Top, root, false); len(l.diagnostics) == 0 {
		l.sections(top)
	}
	if len(l.diagnostics) == 0 {
		top = l.lay(top, p.Top, root)
		l.references(top)
	}
	if len(l.diagnostics) > 0 {
		return Patched{}, l.diagnostics, nil
	}
	out := Patched{Stack: decode(top), At: map[string]token.Position{"": {Filename: p.File, Line: 1, Column: 1}}}
	for key := range members(child(p.Top, "Resources")) {
		out.At[key.Value] = l.position(key)
	}
	text, err := output.EncodeYAML(header, top)
	out.Text = text
	return out, nil, err
}

type laying struct {
	Patch
	own         map[*yaml.Node]bool   // nodes of the patch
	removed     map[string]*yaml.Node // by path, Resources.OrdersQueue for instance
	diagnostics []model.Diagnostic
}

func (l *laying) position(n *yaml.Node) token.Position {
	return token.Position{Filename: l.File, Line: n.Line, Column: n.Column}
}

func (l *laying) refuse(at *yaml.Node, format string, args ...any) {
	l.diagnostics = append(l.diagnostics, model.Diagnostic{Code: "template-patch", Pos: l.position(at), Message: fmt.Sprintf(format, args...)})
}

// tidy has what the patch says written as the rest of the template is, and refuses
// what CloudFormation does not read. whole says that n is not merged with anything.
func (l *laying) tidy(n *yaml.Node, path string, whole bool) {
	l.own[n] = true
	n.HeadComment, n.LineComment, n.FootComment, n.Anchor = "", "", "", ""
	n.Style &= yaml.TaggedStyle | yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	if n.Kind == yaml.ScalarNode && strings.ContainsAny(n.Value, "\n\t") {
		n.Style = n.Style&yaml.TaggedStyle | yaml.DoubleQuotedStyle
	}
	if n.Kind == yaml.AliasNode {
		l.refuse(n, "%s is an alias, which CloudFormation does not read; write what it stands for", path)
	}
	if whole && isNull(n) {
		l.refuse(n, "%s is null in a list or a function, which CloudFormation does not take; leave it out", path)
	}
	if n.Kind == yaml.SequenceNode {
		for _, element := range n.Content {
			l.tidy(element, path, true)
		}
	}
	seen := map[string]bool{}
	for key, value := range members(n) {
		at := below(path, key)
		l.tidy(key, at, false)
		l.tidy(value, at, whole || !isObject(n))
		switch {
		case key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge":
			l.refuse(key, "%s has a key that is no name; write one", path)
		case seen[key.Value]:
			l.refuse(key, "%s is there twice; keep one", at)
		case isNull(value) && value.Value == "" && !whole && isObject(n):
			l.refuse(key, "%s has no value; write null to remove it", at)
		}
		seen[key.Value] = true
	}
}

// required is what a new entry of each section has to have; "" for nothing.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
var required = map[string]string{"Conditions": "", "Mappings": "", "Metadata": "", "Outputs": "Value", "Parameters": "Type", "Resources": "Type", "Rules": "Assertions"}

// attributes are those of a resource.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-product-attribute-reference.html
var attributes = []string{"Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdatePolicy", "UpdateReplacePolicy"}

// sections refuses what would be no section of the template, or no entry of one.
func (l *laying) sections(top *yaml.Node) {
	if l.Top.Kind != yaml.MappingNode {
		l.refuse(l.Top, "the patch is not a mapping; write Resources: and what is different below it")
	}
	for key, section := range members(l.Top) {
		needs, known := required[key.Value]
		if !known || section.Kind != yaml.MappingNode {
			l.refuse(key, "the patch has no entries for %s; give some of Conditions, Mappings, Metadata, Outputs, Parameters, Resources or Rules", model.Clip(key.Value))
		}
		for id, entry := range members(section) {
			there, kind := child(child(top, key.Value), id.Value), child(entry, "Type")
			switch at := key.Value + "." + id.Value; {
			case needs == "" || isNull(entry):
			case !isObject(entry):
				l.refuse(entry, "%s is not a mapping; write what is different below it", at)
			case there == nil && child(entry, needs) == nil:
				l.refuse(id, "%s is not in the template, and has no %s; %sgive it one if it is to be added", at, needs, model.DidYouMean(id.Value, names(child(top, key.Value))))
			case there != nil && kind != nil && kind.Value != child(there, "Type").Value:
				l.refuse(kind, "%s is of the type %s, and CloudFormation changes none; add a resource of another name", at, child(there, "Type").Value)
			case key.Value == "Resources":
				for attribute := range members(entry) {
					if !slices.Contains(attributes, attribute.Value) {
						l.refuse(attribute, "%s has no attribute %s; write it below Properties", at, model.Clip(attribute.Value))
					}
				}
			}
		}
	}
}

// lay returns what is there with the patch over it.
func (l *laying) lay(there, over *yaml.Node, path string) *yaml.Node {
	if !isObject(over) {
		return over
	}
	out := &yaml.Node{Kind: yaml.MappingNode}
	if there != nil && isObject(there) {
		out.Content = there.Content
	}
	for key, value := range members(over) {
		at := below(path, key)
		i := slices.Index(names(out), key.Value)
		switch {
		case i < 0 && isNull(value):
			l.refuse(key, "%s is not in the template, so that nothing is removed; %scorrect the name, or leave it out", at, model.DidYouMean(key.Value, names(out)))
		case i < 0:
			out.Content = append(out.Content, key, l.lay(nil, value, at))
		case isNull(value):
			l.removed[at] = key
			out.Content = slices.Delete(out.Content, 2*i, 2*i+2)
		default:
			out.Content[2*i+1] = l.lay(out.Content[2*i+1], value, at)
		}
	}
	return out
}

// references refuses the names of resources and parameters that are not there.
func (l *laying) references(top *yaml.Node) {
	known := append(names(child(top, "Resources")), names(child(top, "Parameters"))...)
	known = append(known, "AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix")
	for section, entries := range members(top) {
		for id, entry := range members(entries) {
			check := func(at *yaml.Node, name string) {
				path := section.Value + "." + id.Value
				switch removed := l.removed["Resources."+name]; {
				case slices.Contains(known, name):
				case l.own[at]:
					l.refuse(at, "%s refers to %s, which is not in the template; %scorrect the name, or add it", path, model.Clip(name), model.DidYouMean(name, known))
				case removed != nil:
					l.refuse(removed, "%s refers to %s, which is removed here; remove that too, or keep this", path, name)
				}
			}
			referred(entry, check)
			if on := child(entry, "DependsOn"); on != nil {
				for _, id := range append(slices.Clone(on.Content), on) {
					if id.Kind == yaml.ScalarNode {
						check(id, id.Value)
					}
				}
			}
		}
	}
}
