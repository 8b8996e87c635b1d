package tickets

import (
	"bytes"
	"image/jpeg"
	"image/png"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"usher.example/shared/function"
	"usher.example/shared/problem"
)

const (
	// maxCode bounds a code text, in characters: what a QR code that any phone can read holds.
	maxCode = 500
	// maxFile bounds a file, in bytes: with what the seal adds it fits one item of the store.
	maxFile = 200 << 10
)

// Content is what a seller attaches: a code, or a file.
type Content struct {
	Kind byte // one of the kinds below; it is sealed with the content
	Data []byte
}

// The kinds.
const (
	codeText = 'c'
	pdfFile  = 'p'
	pngFile  = 'n'
	jpegFile = 'j'
)

// mediaTypes are those of the files, which are sent back as what they are and as nothing else.
var mediaTypes = map[byte]string{pdfFile: "application/pdf", pngFile: "image/png", jpegFile: "image/jpeg"}

var endings = map[byte]string{pdfFile: ".pdf", pngFile: ".png", jpegFile: ".jpg"}

// readContent takes what is attached out of a request: JSON {"code": "…"}, or a file as it is. What a file is, its own
// bytes say, not its sender. Invalid where it is neither; TooLarge beyond 200 KB.
func readContent(r *function.Request) (Content, error) {
	declared, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if declared == "" || declared == "application/json" {
		var in struct {
			Code string `json:"code"`
		}
		if err := r.JSON(&in); err != nil {
			return Content{}, err
		}
		return newCode(in.Code)
	}
	return newFile(r.Raw(), declared)
}

func newCode(code string) (Content, error) {
	code = strings.TrimSpace(code)
	switch {
	case code == "":
		return Content{}, problem.Field("code", "Please give the ticket's code, or send a file.")
	case utf8.RuneCountInString(code) > maxCode:
		return Content{}, problem.Field("code", "At most %d characters, please.", maxCode)
	case strings.ContainsFunc(code, forbidden):
		return Content{}, problem.Field("code", "Line breaks and other control characters are not allowed.")
	}
	return Content{codeText, []byte(code)}, nil
}

func newFile(file []byte, declared string) (Content, error) {
	if len(file) > maxFile {
		return Content{}, problem.New(problem.TooLarge, "A file can have at most %d bytes.", maxFile)
	}
	kind, ok := kindOf(file)
	if !ok {
		return Content{}, problem.New(problem.Invalid, "Only PDF, PNG and JPEG files can be attached, and this is none that can be read.")
	}
	if declared != mediaTypes[kind] && declared != "application/octet-stream" {
		return Content{}, problem.New(problem.Invalid, "The file is sent as %s and is %s.", declared, mediaTypes[kind])
	}
	return Content{kind, file}, nil
}

// kindOf says what a file is: pictures must have a header that can be read, a PDF its beginning and its end.
func kindOf(file []byte) (kind byte, ok bool) {
	switch http.DetectContentType(file) {
	case "image/png":
		_, err := png.DecodeConfig(bytes.NewReader(file))
		return pngFile, err == nil
	case "image/jpeg":
		_, err := jpeg.DecodeConfig(bytes.NewReader(file))
		return jpegFile, err == nil
	case "application/pdf":
		return pdfFile, bytes.Contains(file[max(0, len(file)-1024):], []byte("%%EOF"))
	}
	return 0, false
}

// pack and unpack put the kind before the data, so that both are sealed.
func (c Content) pack() []byte { return append([]byte{c.Kind}, c.Data...) }

func unpack(packed []byte) Content { return Content{packed[0], packed[1:]} }

// attachmentView is what is attached, as the API shows it.
type attachmentView struct {
	Kind      string `json:"kind"` // code, file
	Code      string `json:"code,omitempty"`
	MediaType string `json:"media_type,omitempty"`
	Size      int    `json:"size,omitempty"` // of a file, in bytes
}

func (c Content) view() attachmentView {
	if c.Kind == codeText {
		return attachmentView{Kind: "code", Code: string(c.Data)}
	}
	return attachmentView{Kind: "file", MediaType: mediaTypes[c.Kind], Size: len(c.Data)}
}

// code is the text of an attached code, for a QR code; NotFound where a file is attached.
func (c Content) code() (string, error) {
	if c.Kind != codeText {
		return "", problem.New(problem.NotFound, "A file is attached to this ticket, not a code.")
	}
	return string(c.Data), nil
}

func (c Content) download() (function.File, error) {
	if c.Kind == codeText {
		return function.File{}, problem.New(problem.NotFound, "A code is attached to this ticket, not a file.")
	}
	return function.File{Type: mediaTypes[c.Kind], Name: "ticket" + endings[c.Kind], Content: c.Data}, nil
}
