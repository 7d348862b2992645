// SPDX-License-Identifier: GPL-2.0-only
/* JSON documents, with json-c. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "output/json.h"
#include "output/output.h"

/*
 * The length of the UTF-8 sequence at @s. Return 0 if it is invalid: a stray or missing
 * continuation byte, an overlong form, a surrogate, or a code point above U+10FFFF.
 */
static size_t utf8_len(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;

	/*
	 * The range of the second byte excludes overlong forms, surrogates and large code points.
	 */
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;

	for (i = 1; i < len; i++) {
		if (s[i] < low || s[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

/* Return: @value. */
static struct json_object *need(struct json_object *value)
{
	if (!value)
		exit(fail_no_memory());
	return value;
}

struct json_object *json_map(void)
{
	return need(json_object_new_object());
}

struct json_object *json_document(void)
{
	struct json_object *map = json_map();

	json_set(map, "version", json_number(1));
	return map;
}

struct json_object *json_list(void)
{
	return need(json_object_new_array());
}

struct json_object *json_text(const char *s)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *clean = malloc(strlen(s) * strlen(replacement) + 1);
	struct json_object *value;
	size_t len, n, at = 0;

	for (; clean && *s; s += len) {
		len = utf8_len((const unsigned char *)s);
		n = len ? len : strlen(replacement);
		memcpy(clean + at, len ? s : replacement, n);
		at += n;
		len += !len;
	}
	value = need(clean ? json_object_new_string_len(clean, at) : NULL);
	free(clean);
	return value;
}

struct json_object *json_text_or_null(const char *s)
{
	return s && *s ? json_text(s) : NULL;
}

struct json_object *json_hex(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return need(json_object_new_string(text));
}

struct json_object *json_number(uint64_t value)
{
	return need(json_object_new_uint64(value));
}

struct json_object *json_real(double value)
{
	char text[64];

	snprintf(text, sizeof(text), "%.3f", value);
	return need(json_object_new_double_s(value, text));
}

struct json_object *json_truth(bool value)
{
	return need(json_object_new_boolean(value));
}

void json_set(struct json_object *map, const char *name, struct json_object *value)
{
	if (json_object_object_add(map, name, value))
		need(NULL);
}

void json_append(struct json_object *list, struct json_object *value)
{
	if (json_object_array_add(list, value))
		need(NULL);
}

/* Return: the text, which @value owns. */
static const char *text_of(struct json_object *value, size_t *len)
{
	const char *text = json_object_to_json_string_length(
		value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, len);

	if (!text)
		need(NULL);
	return text;
}

void json_print(FILE *out, struct json_object *value)
{
	size_t len;
	const char *text = text_of(value, &len);

	fwrite(text, 1, len, out);
	putc('\n', out);
	json_object_put(value);
}

void json_stream_begin(struct json_stream *stream, FILE *out, struct json_object *head,
		       const char *name)
{
	size_t len;
	const char *text = text_of(head, &len);

	*stream = (struct json_stream){ .out = out };
	/* Leave out the brace at the end. */
	fprintf(out, "%.*s,\"%s\":[", (int)len - 1, text, name);
	json_object_put(head);
}

void json_stream_add(struct json_stream *stream, struct json_object *value)
{
	size_t len;
	const char *text = text_of(value, &len);

	fputs(stream->any ? ",\n" : "\n", stream->out);
	fwrite(text, 1, len, stream->out);
	stream->any = true;
	json_object_put(value);
}

void json_stream_end(struct json_stream *stream, struct json_object *tail)
{
	fputs(tail ? "],\n" : "]}\n", stream->out);
	if (!tail)
		return;
	/* Leave out the brace at the start. */
	fprintf(stream->out, "%s\n", text_of(tail, &(size_t){ 0 }) + 1);
	json_object_put(tail);
}
