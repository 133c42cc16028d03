package opaque

import "strings"

// kindOf is the kind of a type; empty where the type alone does not say it. Types stand
// in a tree, so that an office document is found to be the archive that it is.
func kindOf(mime string) Kind {
	base, _, _ := strings.Cut(mime, ";")
	switch base {
	case "text/plain":
		return Text
	case "application/pdf":
		return Document
	case "application/vnd.ms-fontobject":
		return Font
	case "application/zip", "application/x-tar", "application/x-7z-compressed", "application/vnd.rar",
		"application/x-archive", "application/x-rpm", "application/x-cpio", "application/x-xar",
		"application/vnd.ms-cab-compressed", "application/x-installshield", "application/x-chrome-extension",
		"application/vnd.ms-htmlhelp":
		return Archive
	case "application/gzip", "application/x-bzip2", "application/x-xz", "application/zstd",
		"application/lzip", "application/zlib":
		return Compressed
	case "application/x-elf", "application/vnd.microsoft.portable-executable", "application/x-mach-binary",
		"application/wasm", "application/x-java-applet", "application/x-bytecode.python",
		"application/x-ms-installer", "application/x-ms-shortcut", "application/x-shockwave-flash":
		return Executable
	}
	first, _, _ := strings.Cut(base, "/")
	if base == "image/svg+xml" || strings.HasPrefix(base, "image/x-portable-") {
		return "" // text, or behind a head that is text
	}
	switch first {
	case "image":
		return Image
	case "font":
		return Font
	case "audio":
		return Sound
	case "video":
		return Video
	}
	return ""
}

// wide tells whether a text's characters take more than a byte, so that zeros are part
// of it.
func wide(mime string) bool {
	return strings.Contains(mime, "charset=utf-16") || strings.Contains(mime, "charset=utf-32")
}
