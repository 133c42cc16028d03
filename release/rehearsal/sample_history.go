package rehearsal

// harbourHistory is how the sample's Python project came to be: two release lines
// from main, and on each the release that a rehearsal makes is prepared.
func harbourHistory() []moment {
	return []moment{
		{ago: 431, by: "mara", on: "main", say: "Start the ledger of a port",
			add: []string{"README.md", "pyproject.toml", "harbour/__init__.py", "harbour/ledger.py", "tests/test_ledger.py"},
			set: []string{"VERSION", "2.10.0a0"}},
		{ago: 424, by: "jonas", say: "Know which berths fit a ship",
			add: []string{"harbour/berths.py", "tests/test_berths.py"}, note: "12.feature"},
		{ago: 417, by: "ines", say: "Run the tests in CI", add: []string{".github/workflows/test.yml", "requirements-test.txt"}},
		{ago: 409, by: "mara", say: "Ask the ledger from the command line", add: []string{"harbour/cli.py"}, note: "19.feature"},
		{ago: 402, by: "ines", say: "Publish from CI, and from nowhere else",
			add: []string{".github/workflows/publish-pypi.yml", ".github/workflows/github-release.yml", "requirements-build.txt"}},
		{ago: 396, by: "jonas", say: "Write down how a release is made", add: []string{"docs/"}},

		{ago: 388, by: "mara", say: "Prepare 2.10.0", set: []string{"VERSION", "2.10.0"}, collect: true, tag: "harbour-2.10.0"},
		{ago: 387, by: "jonas", on: "dev-v2.10", from: "main", say: "Say which ship is not in the harbour", note: "29.fix"},
		{ago: 386, by: "mara", on: "main", say: "Begin 2.11", set: []string{"VERSION", "2.11.0a0"}},
		{ago: 351, by: "jonas", on: "dev-v2.10", say: "Do not let a ship arrive twice", note: "34.fix"},
		{ago: 340, by: "ines", say: "Prepare 2.10.1", set: []string{"VERSION", "2.10.1"}, collect: true, tag: "harbour-2.10.1"},

		{ago: 318, by: "ines", on: "main", say: "Know the tides",
			add: []string{"harbour/tides.py", "tests/test_tides.py", "tests/data/tides.dat"}, note: "41.feature"},
		{ago: 299, by: "jonas", say: "Keep the ledger in UTF-8 everywhere", note: "47.fix"},
		{ago: 280, by: "mara", say: "Prepare 2.11.0", set: []string{"VERSION", "2.11.0"}, collect: true, tag: "harbour-2.11.0"},
		{ago: 279, by: "ines", on: "dev-v2.11", from: "main", say: "Take the tide of the day, not of the evening", note: "54.fix"},
		{ago: 277, by: "mara", on: "main", say: "Begin 2.12", set: []string{"VERSION", "2.12.0a0"}},

		{ago: 246, by: "ines", on: "dev-v2.11", say: "Say when the next high water comes", note: "58.fix"},
		{ago: 244, by: "ines", say: "Prepare 2.11.1", set: []string{"VERSION", "2.11.1"}, collect: true, tag: "harbour-2.11.1"},
		{ago: 211, by: "jonas", say: "Read ledgers that an editor saved with a BOM", note: "63.fix"},
		{ago: 208, by: "mara", say: "Prepare 2.11.2", set: []string{"VERSION", "2.11.2"}, collect: true, tag: "harbour-2.11.2"},
		{ago: 207, by: "mara", on: "dev-v2.10", say: "Read ledgers that an editor saved with a BOM", note: "63.fix"},
		{ago: 206, by: "mara", say: "Prepare 2.10.2", set: []string{"VERSION", "2.10.2"}, collect: true, tag: "harbour-2.10.2"},
		{ago: 160, by: "jonas", on: "dev-v2.11", say: "Sort free berths by length", note: "71.fix"},
		{ago: 157, by: "ines", say: "Prepare 2.11.3", set: []string{"VERSION", "2.11.3"}, collect: true, tag: "harbour-2.11.3"},
		{ago: 121, by: "mara", say: "Refuse a ledger that others may write", note: "78.security"},
		{ago: 120, by: "mara", say: "Prepare 2.11.4", set: []string{"VERSION", "2.11.4"}, collect: true, tag: "harbour-2.11.4"},
		{ago: 120, by: "ines", on: "dev-v2.10", say: "Refuse a ledger that others may write", note: "78.security"},
		{ago: 119, by: "ines", say: "Prepare 2.10.3", set: []string{"VERSION", "2.10.3"}, collect: true, tag: "harbour-2.10.3"},

		{ago: 96, by: "jonas", on: "main", say: "Let pilots rest",
			add: []string{"harbour/pilots.py", "tests/test_pilots.py"}, note: "84.feature"},
		{ago: 64, by: "jonas", on: "dev-v2.11", say: "Count the draught at low water", note: "88.fix"},
		{ago: 61, by: "ines", say: "Prepare 2.11.5", set: []string{"VERSION", "2.11.5"}, collect: true, tag: "harbour-2.11.5"},
		{ago: 41, by: "mara", on: "main", say: "Release with two keys", add: []string{"twokey.yml"}},
		{ago: 40, by: "mara", on: "dev-v2.11", say: "Release with two keys", add: []string{"twokey.yml"}},
		{ago: 39, by: "mara", on: "dev-v2.10", say: "Release with two keys", add: []string{"twokey.yml"}},
		{ago: 19, by: "jonas", on: "dev-v2.11", say: "Leave a berth only once", note: "93.fix"},
		{ago: 12, by: "ines", say: "Tell ships of the same name apart", note: "95.fix"},
		{ago: 11, by: "ines", on: "dev-v2.10", say: "Tell ships of the same name apart", note: "95.fix"},
		{ago: 5, by: "mara", on: "main", say: "Tell ships of the same name apart", note: "95.fix"},
		{ago: 1, by: "ines", on: "dev-v2.10", say: "Prepare 2.10.4", set: []string{"VERSION", "2.10.4"}, collect: true},
		{ago: 0, by: "mara", on: "dev-v2.11", say: "Prepare 2.11.6", set: []string{"VERSION", "2.11.6"}, collect: true},
	}
}

// packagingHistory is how the sample's .deb packages came to be.
func packagingHistory() []moment {
	return []moment{
		{ago: 386, by: "ines", on: "main", say: "Build packages in Docker",
			add: []string{"README.md", "VERSIONS.json", "Dockerfile", "build.sh",
				".github/workflows/build.yml", ".github/workflows/reusable-build-package.yml"},
			set: []string{"V210", "2.10.0", "V211", "2.11.0"}},
		{ago: 278, by: "ines", say: "Publish packages from a tag",
			add: []string{".github/workflows/publish.yml"}, tag: "v{date}"},
		{ago: 205, by: "jonas", say: "Update to 2.10.2 and 2.11.2", set: []string{"V210", "2.10.2", "V211", "2.11.2"}, tag: "v{date}"},
		{ago: 118, by: "ines", say: "Update to 2.10.3 and 2.11.4", set: []string{"V210", "2.10.3", "V211", "2.11.4"}, tag: "v{date}"},
		{ago: 60, by: "jonas", say: "Update to 2.11.5", set: []string{"V211", "2.11.5"}, tag: "v{date}"},
		{ago: 0, by: "mara", say: "Update to 2.10.4 and 2.11.6", set: []string{"V210", "2.10.4", "V211", "2.11.6"}},
	}
}

// imagesHistory is how the sample's container images came to be.
func imagesHistory() []moment {
	return []moment{
		{ago: 385, by: "jonas", on: "main", say: "Build an image for each release line",
			add: []string{"README.md", "harbour-2.10/", ".github/workflows/build-and-test.yml"},
			set: []string{"V210", "2.10.0", "V211", "2.11.0"}},
		{ago: 277, by: "jonas", say: "Push images on a release", add: []string{"harbour-2.11/",
			".github/workflows/publish-docker-2.10.yml", ".github/workflows/publish-docker-2.11.yml",
			".github/workflows/reusable-docker-publish.yml"}, tag: "v{date}"},
		{ago: 205, by: "ines", say: "Update to 2.10.2 and 2.11.2", set: []string{"V210", "2.10.2", "V211", "2.11.2"}, tag: "v{date}"},
		{ago: 149, by: "jonas", say: "Keep images for Python 3.10",
			add: []string{".github/workflows/publish-docker-2.10-py3.10.yml", ".github/workflows/publish-docker-2.11-py3.10.yml"}},
		{ago: 118, by: "ines", say: "Update to 2.10.3 and 2.11.4", set: []string{"V210", "2.10.3", "V211", "2.11.4"}, tag: "v{date}"},
		{ago: 59, by: "jonas", say: "Update to 2.11.5", set: []string{"V211", "2.11.5"}, tag: "v{date}"},
		{ago: 0, by: "mara", say: "Update to 2.10.4 and 2.11.6", set: []string{"V210", "2.10.4", "V211", "2.11.6"}},
	}
}
