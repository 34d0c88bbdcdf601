// Package thumbnails makes a small picture of each large one. The large ones
// arrive below in/ and the small ones are written below out/, so that what is
// written calls nothing again.
package thumbnails

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // what in/ may hold besides PNG
	"image/png"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/fngen/fngen/fn"
)

//go:generate go tool -modfile=fngen.mod fngen generate

// edge is the longest side of a thumbnail, in pixels, and most what a picture
// may have of them.
const edge, most = 160, 50_000_000

// A Studio has the pictures that it reads and those that it writes. Keys begin
// after the prefix of each.
type Studio struct {
	in, out *blob.Bucket
}

// New opens the studio.
//
//fn:setup
//fn:use in object:pictures read prefix=in/
//fn:use out object:pictures write prefix=out/
func New(_ context.Context, in, out *blob.Bucket) (*Studio, error) {
	return &Studio{in, out}, nil
}

// Thumbnail makes a PNG of each uploaded picture.
//
//fn:object pictures created prefix=in/
//fn:targets aws,gcp
//fn:timeout 30s
//fn:allow filter-paid "most of what is written is below in/"
//fn:allow bucket-project "the bucket is made with the function"
func (s *Studio) Thumbnail(ctx context.Context, uploaded fn.Object) error {
	key := strings.TrimPrefix(uploaded.Key, "in/")
	r, err := s.in.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil // deleted meanwhile
	} else if err != nil {
		return err
	}
	defer r.Close()
	header, _, err := image.DecodeConfig(r)
	if err == nil && header.Width*header.Height > most {
		err = errors.New("it is too large")
	}
	if err != nil {
		return fn.BadInput(fmt.Errorf("%s: %w", uploaded.Key, err))
	}
	if _, err := r.Seek(0, 0); err != nil {
		return err
	}
	picture, _, err := image.Decode(r)
	if err != nil {
		return fn.BadInput(fmt.Errorf("%s: %w", uploaded.Key, err))
	}
	var small bytes.Buffer
	if err := png.Encode(&small, shrink(picture)); err != nil {
		return err
	}
	return s.out.WriteAll(ctx, key+".png", small.Bytes(), &blob.WriterOptions{ContentType: "image/png"})
}

// shrink returns the picture with its longest side no longer than edge.
func shrink(picture image.Image) image.Image {
	from := picture.Bounds()
	longest := max(from.Dx(), from.Dy())
	if longest <= edge {
		return picture
	}
	small := image.NewRGBA(image.Rect(0, 0, max(1, from.Dx()*edge/longest), max(1, from.Dy()*edge/longest)))
	for y := range small.Rect.Dy() {
		for x := range small.Rect.Dx() {
			small.Set(x, y, picture.At(from.Min.X+x*longest/edge, from.Min.Y+y*longest/edge))
		}
	}
	return small
}
