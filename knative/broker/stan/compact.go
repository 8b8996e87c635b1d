package stan

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/nats-io/nats-streaming-server/stores"

	"usher.example/knative/broker/store"
)

const (
	// compactAbove is how large, in bytes, a folder gets before it is looked at: below that the time at each start is not
	// worth the space.
	compactAbove = 128 << 20
	// sliceBytes is what the server deletes at once: the files of a channel are this large at most.
	sliceBytes = 16 << 20
)

// compact deletes from a closed folder what every subscription has acknowledged, channel by channel from its beginning.
// The server itself never does: it deletes by age and size alone, and so would take what nobody has seen yet (P6).
//
// What is parked stays, and so does a channel that nobody is subscribed to. It returns how many events went.
func compact(dir string, above int64) (gone int, err error) {
	defer func() {
		if r := recover(); r != nil { // how the store reports some damage
			err = fmt.Errorf("%v", r)
		}
	}()
	if size, err := folderBytes(dir); err != nil || size <= above {
		return 0, err
	}
	keep := map[string]*stores.ChannelLimits{}
	err = visit(dir, stores.StoreLimits{}, func(name string, c *stores.RecoveredChannel) error {
		first, last, err := c.Channel.Msgs.FirstAndLastSequence()
		if err != nil {
			return err
		}
		n := needed(name, last, c.Subscriptions)
		if before := last - first + 1; last > 0 && n < before {
			keep[name] = &stores.ChannelLimits{MsgStoreLimits: stores.MsgStoreLimits{MaxMsgs: int(n)}}
			gone += int(before - n)
		}
		return nil
	})
	if err != nil || len(keep) == 0 {
		return 0, err
	}
	// Opening the folder under these limits is what deletes.
	nothing := func(string, *stores.RecoveredChannel) error { return nil }
	return gone, visit(dir, stores.StoreLimits{PerChannel: keep}, nothing)
}

// needed is how many of a channel's newest events somebody still has to acknowledge; never 0, since the last one tells
// the server where to go on counting.
func needed(channel string, last uint64, subs []*stores.RecoveredSubscription) uint64 {
	if len(subs) == 0 || strings.HasSuffix(channel, store.ParkedSuffix) {
		return last
	}
	from := last
	for _, s := range subs {
		from = min(from, s.Sub.LastSent+1)
		for sequence := range s.Pending {
			from = min(from, sequence)
		}
	}
	return last - from + 1
}

// visit opens a folder that no server uses, and looks at its channels.
func visit(dir string, limits stores.StoreLimits, look func(string, *stores.RecoveredChannel) error) error {
	quiet := serverLog{slog.New(slog.DiscardHandler), new(atomic.Bool)} // what is wrong with the folder the server says
	s, err := stores.NewFileStore(quiet, dir, &limits, stores.AllOptions(&stores.DefaultFileStoreOptions))
	if err != nil {
		return err
	}
	state, err := s.Recover()
	if err == nil && state != nil {
		for name, c := range state.Channels {
			if err = look(name, c); err != nil {
				break
			}
		}
	}
	if closed := s.Close(); err == nil {
		err = closed
	}
	return err
}

// folderBytes is the size of all files; a folder that is not there has none.
func folderBytes(dir string) (size int64, err error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}
