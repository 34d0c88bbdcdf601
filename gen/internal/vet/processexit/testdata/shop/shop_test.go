package shop

import "os"

func quit() { os.Exit(1) }
