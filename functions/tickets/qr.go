package tickets

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"usher.example/shared/function"
	"usher.example/shared/problem"
)

const (
	// quiet is the empty margin around a QR code that its standard asks for, in modules.
	quiet = 4
	// pixels is the width of a module in a PNG.
	pixels = 8
)

// qrCode draws a text as a QR code in the format that the request's path names: qr.svg or qr.png. NotFound for another one.
func qrCode(text, format string) (function.File, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto) // Auto: as digits, as capitals, or as UTF-8, whichever is densest
	if err != nil {
		return function.File{}, fmt.Errorf("draw QR code: %w", err)
	}
	switch format {
	case "qr.svg":
		return function.File{Type: "image/svg+xml", Content: svg(code)}, nil
	case "qr.png":
		return raster(code)
	}
	return function.File{}, problem.New(problem.NotFound, "A QR code can be had as qr.svg or qr.png.")
}

// dark says whether a module is; there are as many as pixels in an unscaled code.
func dark(code barcode.Barcode, x, y int) bool {
	r, _, _, _ := code.At(x, y).RGBA()
	return r == 0
}

func svg(code barcode.Barcode) []byte {
	size := code.Bounds().Dx()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %[1]d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="`, size+2*quiet)
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && dark(code, x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1H%[1]dz", from+quiet, y+quiet, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes()
}

func raster(code barcode.Barcode) (function.File, error) {
	size := code.Bounds().Dx()
	width := (size + 2*quiet) * pixels
	img := image.NewPaletted(image.Rect(0, 0, width, width), color.Palette{color.White, color.Black})
	for y := range width {
		for x := range width {
			if at := image.Pt(x/pixels-quiet, y/pixels-quiet); at.In(code.Bounds()) && dark(code, at.X, at.Y) {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return function.File{}, fmt.Errorf("draw QR code: %w", err)
	}
	return function.File{Type: "image/png", Content: b.Bytes()}, nil
}
