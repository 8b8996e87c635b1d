package stan

// Abandon cuts the connection without a word to the server, as a kill does.
func (c *Client) Abandon() {
	c.stop()
	if e := c.current(); e != nil {
		e.main.deliberate.Store(true)
		e.main.nc.Close()
	}
}
