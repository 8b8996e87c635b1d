module usher.example/ui

go 1.26.0

require (
	usher.example/events v0.0.0
	usher.example/shared v0.0.0
)

replace usher.example/events => ../events

replace usher.example/shared => ../shared

ignore ./web/node_modules
