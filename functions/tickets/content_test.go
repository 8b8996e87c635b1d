package tickets

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"usher.example/shared/function"
	"usher.example/shared/problem"
)

func picture(t testing.TB, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	img, err := image.NewGray(image.Rect(0, 0, 9, 9)), error(nil)
	if format == "png" {
		err = png.Encode(&b, img)
	} else {
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const pdf = "%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

func TestReadContent(t *testing.T) {
	png, jpeg := picture(t, "png"), picture(t, "jpeg")
	large := "%PDF-1.7\n" + strings.Repeat("x", maxFile-len("%PDF-1.7\n%%EOF")) + "%%EOF"
	for name, c := range map[string]struct {
		declared, body string
		want           problem.Code
		kind           byte
	}{
		"Code":            {"application/json", `{"code":" ROW-A-1 "}`, "", codeText},
		"CodeOfAnyScript": {"application/json; charset=utf-8", `{"code":"Ряд 1 – 席"}`, "", codeText},
		"LongestCode":     {"application/json", `{"code":"` + strings.Repeat("é", maxCode) + `"}`, "", codeText},
		"TooLongCode":     {"application/json", `{"code":"` + strings.Repeat("é", maxCode+1) + `"}`, problem.Invalid, 0},
		"EmptyCode":       {"application/json", `{"code":"  "}`, problem.Invalid, 0},
		"NoCode":          {"application/json", `{}`, problem.Invalid, 0},
		"ControlInCode":   {"application/json", `{"code":"a\u0000b"}`, problem.Invalid, 0},
		"LineInCode":      {"application/json", `{"code":"a\r\nb"}`, problem.Invalid, 0},
		"UnknownField":    {"application/json", `{"code":"a","url":"x"}`, problem.Invalid, 0},
		"NoJSON":          {"application/json", pdf, problem.Invalid, 0},
		"PDF":             {"application/pdf", pdf, "", pdfFile},
		"PNG":             {"image/png", string(png), "", pngFile},
		"JPEG":            {"image/jpeg", string(jpeg), "", jpegFile},
		"AnyBytes":        {"application/octet-stream", pdf, "", pdfFile},
		"Largest":         {"application/pdf", large, "", pdfFile},
		"TooLarge":        {"application/pdf", large + " ", problem.TooLarge, 0},
		"Empty":           {"application/pdf", "", problem.Invalid, 0},
		"SaysPDFIsPNG":    {"application/pdf", string(png), problem.Invalid, 0},
		"SaysPNGIsPDF":    {"image/png", pdf, problem.Invalid, 0},
		"HTML":            {"text/html", "<script>alert(1)</script>", problem.Invalid, 0},
		"HTMLAsPDF":       {"application/pdf", "<html>%PDF-1.7 %%EOF", problem.Invalid, 0},
		"SVG":             {"image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"/>`, problem.Invalid, 0},
		"GIF":             {"image/gif", "GIF89a", problem.Invalid, 0},
		"CutPDF":          {"application/pdf", pdf[:20], problem.Invalid, 0},
		"CutPNG":          {"image/png", string(png[:12]), problem.Invalid, 0},
		"CutJPEG":         {"image/jpeg", string(jpeg[:12]), problem.Invalid, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := function.NewRequest(&http.Request{Header: http.Header{"Content-Type": {c.declared}}}, nil, []byte(c.body))
			got, err := readContent(r)
			if code(err) != c.want || got.Kind != c.kind {
				t.Fatalf("kind %q, %v; want %q, %q", got.Kind, err, c.kind, c.want)
			}
			if err == nil && !bytes.Equal(unpack(got.pack()).Data, got.Data) {
				t.Error("packing loses something")
			}
		})
	}
}

// What is drawn has the dark and light modules of the code in both formats, within a quiet zone.
func TestQRCode(t *testing.T) {
	for _, text := range []string{"ROW-A-1-77812", strings.Repeat("席", maxCode), "https://example.com/?a=<b>&c"} {
		vector, err := qrCode(text, "qr.svg")
		if err != nil || vector.Type != "image/svg+xml" || !bytes.HasPrefix(vector.Content, []byte("<svg ")) || bytes.Contains(vector.Content, []byte(text)) {
			t.Errorf("SVG of %.20q: %v", text, err)
		}
		file, err := qrCode(text, "qr.png")
		if err != nil || file.Type != "image/png" {
			t.Fatalf("PNG of %.20q: %v", text, err)
		}
		img, err := png.Decode(bytes.NewReader(file.Content))
		if err != nil {
			t.Fatal(err)
		}
		black := func(x, y int) bool { return img.At(x, y) == color.RGBA{0, 0, 0, 255} }
		if black(quiet*pixels-1, quiet*pixels-1) || !black(quiet*pixels, quiet*pixels) || !black(quiet*pixels+7*pixels-1, quiet*pixels) {
			t.Errorf("%.20q: no finder pattern after the quiet zone", text)
		}
	}
	if _, err := qrCode("x", "qr.gif"); code(err) != problem.NotFound {
		t.Errorf("an unknown format: %v", err)
	}
}
