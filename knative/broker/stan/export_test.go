package stan

// Abandon cuts the connection without a word to the server, as a kill does.
func (c *Client) Abandon() {
	c.stop()
	if e := c.current(); e != nil {
		e.main.deliberate.Store(true)
		e.main.nc.Close()
	}
}

// Small makes a server compact any folder at its start, in files of four events.
func Small(o ServerOptions) ServerOptions {
	o.small = true
	return o
}
