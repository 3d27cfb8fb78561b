// Lists the entries of each tar that is named on standard input, as Go's archive/tar reads them.
package main

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

func list(path string) []string {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	lines := []string{}
	for reader := tar.NewReader(file); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return lines
		}
		if err != nil {
			return nil
		}
		hash := sha256.New()
		size, err := io.Copy(hash, io.LimitReader(reader, 1<<26))
		if err != nil {
			return nil
		}
		lines = append(lines, fmt.Sprintf("%c %d %x", header.Typeflag, size, hash.Sum(nil)[:4]))
	}
}

func main() {
	for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
		line, _ := json.Marshal(list(scanner.Text()))
		fmt.Println(string(line))
	}
}
