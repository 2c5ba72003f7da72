/* SPDX-License-Identifier: Apache-2.0 */
/*
 * po.c - the reader of catalogues, line by line
 *
 * What is not plainly a catalogue is refused with its line: a text that was
 * read wrongly would be shown to everybody. It must never look past the file
 * or keep more than one entry.
 */
#include "lib/text.h"
#include "placeholder.h"
#include "po.h"

enum po_state { PO_BETWEEN, PO_ID, PO_TEXT };

struct po {
	po_take *take;
	void *arg;
	enum po_state state;
	unsigned line, count;
	bool header;		/* the header has been read */
	bool fuzzy;		/* of the entry being read */
	struct buf id, text;
};

static bool
header_good(const struct po *po)
{
	return po->id.n == 0 && str_find(buf_str(&po->text),
	    STR("charset=UTF-8\n")) >= 0;
}

/* NULL, or what is wrong with the entry that ends here. */
static const char *
entry_end(struct po *po)
{
	struct csn_str id = buf_str(&po->id), text = buf_str(&po->text);
	bool fuzzy = po->fuzzy;

	po->state = PO_BETWEEN;
	po->fuzzy = false;
	if (buf_failed(&po->id) || buf_failed(&po->text))
		return "a text is too long";
	if (!po->header) {
		po->header = true;
		return header_good(po) ? NULL : "the first entry is not a "
		    "header that says charset=UTF-8";
	}
	if (id.n == 0)
		return "an empty msgid";
	if (++po->count > PO_ENTRIES_MAX)
		return "too many entries";
	if (text.n == 0 || fuzzy)
		return NULL;
	if (!text_plain(id) || !text_plain(text))
		return "a control character in a text";
	if (!placeholder_same(id, text))
		return "msgid and msgstr have different placeholders";
	return po->take(po->arg, id, text);
}

/* A quoted string that fills the rest of the line. */
static const char *
quoted(struct po *po, struct csn_str s, struct buf *into)
{
	size_t i;

	s = str_trim(s);
	if (s.n < 2 || s.p[0] != '"')
		return "a string in quotation marks is expected";
	for (i = 1; i < s.n && s.p[i] != '"'; i++) {
		if (s.p[i] != '\\') {
			buf_char(into, s.p[i]);
			continue;
		}
		i++;
		if (i < s.n && (s.p[i] == '"' || s.p[i] == '\\'))
			buf_char(into, s.p[i]);
		else if (i < s.n && s.p[i] == 'n' && !po->header)
			buf_char(into, '\n');
		else
			return "an escape that is not allowed here";
	}
	return i + 1 == s.n ? NULL : "text behind the string, or no end of it";
}

static const char *
comment(struct po *po, struct csn_str line)
{
	const char *why = NULL;

	if (po->state == PO_ID)
		return "a msgid without its msgstr";
	if (po->state == PO_TEXT)
		why = entry_end(po);
	if (str_starts(line, STR("#,")) && str_find(line, STR("fuzzy")) >= 0)
		po->fuzzy = true;
	return why;
}

static const char *
line_id(struct po *po, struct csn_str rest)
{
	const char *why = NULL;

	if (po->state == PO_ID)
		return "a msgid without its msgstr";
	if (po->state == PO_TEXT)
		why = entry_end(po);
	if (why != NULL)
		return why;
	buf_clear(&po->id);
	buf_clear(&po->text);
	po->state = PO_ID;
	return quoted(po, rest, &po->id);
}

static const char *
line_text(struct po *po, struct csn_str rest)
{
	if (po->state != PO_ID)
		return "a msgstr without its msgid";
	po->state = PO_TEXT;
	return quoted(po, rest, &po->text);
}

static const char *
line_more(struct po *po, struct csn_str line)
{
	if (po->state == PO_BETWEEN)
		return "a string that belongs to nothing";
	return quoted(po, line, po->state == PO_ID ? &po->id : &po->text);
}

static const char *
line_read(struct po *po, struct csn_str line)
{
	if (line.n == 0) {
		if (po->state == PO_ID)
			return "a msgid without its msgstr";
		return po->state == PO_TEXT ? entry_end(po) : NULL;
	}
	if (line.p[0] == '#')
		return comment(po, line);
	if (str_starts(line, STR("msgid ")))
		return line_id(po, str_from_at(line, 6));
	if (str_starts(line, STR("msgstr ")))
		return line_text(po, str_from_at(line, 7));
	if (line.p[0] == '"')
		return line_more(po, line);
	return "neither a comment, msgid, msgstr nor a string";
}

static const char *
lines_read(struct po *po, struct csn_str file)
{
	struct csn_str line;
	const char *why;

	while (str_cut(&file, '\n', &line)) {
		po->line++;
		why = line_read(po, line);
		if (why != NULL)
			return why;
	}
	if (po->state == PO_ID)
		return "a msgid without its msgstr";
	why = po->state == PO_TEXT ? entry_end(po) : NULL;
	if (why == NULL && !po->header)
		why = "no header";
	return why;
}

int
po_read(struct csn_str file, po_take *take, void *arg, unsigned *ret_line,
    const char **ret_why)
{
	struct po po = { .take = take, .arg = arg };
	const char *why;

	buf_init(&po.id, PO_TEXT_MAX);
	buf_init(&po.text, PO_TEXT_MAX);
	if (file.n > PO_FILE_MAX)
		why = "the file is too large";
	else if (!text_utf8(file))
		why = "the file is not UTF-8";
	else
		why = lines_read(&po, file);
	buf_free(&po.id);
	buf_free(&po.text);
	if (why == NULL)
		return 0;
	*ret_line = po.line;
	*ret_why = why;
	return -1;
}
