// Lists tar archives as Go's archive/tar reads them. Standard input holds archives, standard output answers,
// each behind its length in four bytes, big-endian. An answer is JSON; bytes in it are base64.
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"path"
	"sort"
	"strings"
)

// Files are read up to here; a larger one ends the list as an error.
const limit = 8 << 20

type entry struct {
	Path, Link, Hash, Xattrs             []byte
	Type, Size, Mode, Owner, Group, Time int64
}

type answer struct {
	Error   string
	Entries []entry
}

func list(archive []byte) (result answer) {
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return
		}
		if err == nil && header.Size > limit && strings.IndexByte("123456", header.Typeflag) < 0 {
			err = bufio.ErrTooLong
		}
		hash, size := sha256.New(), int64(0)
		if err == nil {
			size, err = io.Copy(hash, reader)
		}
		if err != nil {
			result.Error = err.Error()
			return
		}
		// What a container sees: the path under its root.
		place := strings.TrimPrefix(path.Clean("/"+header.Name), "/")
		result.Entries = append(result.Entries, entry{
			Path: []byte(place), Link: []byte(header.Linkname), Hash: hash.Sum(nil), Xattrs: xattrs(header.PAXRecords),
			Type: int64(header.Typeflag), Size: size, Mode: header.Mode & 0o7777,
			Owner: int64(uint32(header.Uid)), Group: int64(uint32(header.Gid)),
			Time: int64(uint32(header.ModTime.Unix())),
		})
	}
}

func xattrs(records map[string]string) []byte {
	var found []string
	for key, value := range records {
		if strings.HasPrefix(key, "SCHILY.xattr.") {
			found = append(found, key[len("SCHILY.xattr."):]+"\x00"+value+"\x00")
		}
	}
	sort.Strings(found)
	return []byte(strings.Join(found, ""))
}

func main() {
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), bufio.NewWriterSize(os.Stdout, 1<<20)
	for {
		var length uint32
		if in.Buffered() == 0 {
			out.Flush()
		}
		if binary.Read(in, binary.BigEndian, &length) != nil {
			return
		}
		archive := make([]byte, length)
		if _, err := io.ReadFull(in, archive); err != nil {
			os.Exit(1)
		}
		text, _ := json.Marshal(list(archive))
		binary.Write(out, binary.BigEndian, uint32(len(text)))
		out.Write(text)
	}
}
