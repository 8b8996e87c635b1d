package webhook

// Mode is how webhooks travel now.
type Mode struct {
	Held   bool `json:"held"`   // kept back until told otherwise
	Lose   int  `json:"lose"`   // so many of the next are dropped, and count as delivered
	Repeat int  `json:"repeat"` // so many of the next are sent twice
}

// Set replaces the mode; the sender must be woken after it.
func (h *Hold) Set(m Mode) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held, h.lose, h.repeat = m.Held, m.Lose, m.Repeat
}

// Mode returns what is left of the mode.
func (h *Hold) Mode() Mode {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Mode{Held: h.held, Lose: h.lose, Repeat: h.repeat}
}

func (h *Hold) isHeld() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.held
}

// times says how often the next webhook is sent.
func (h *Hold) times() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.lose > 0:
		h.lose--
		return 0
	case h.repeat > 0:
		h.repeat--
		return 2
	}
	return 1
}
