/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON documents, with json-c. If there is no memory for one, the program ends with an error. */
#ifndef GSTAGE_CLI_JSON_H
#define GSTAGE_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

/* An object with "version":1, the first member of each document. */
struct json_object *json_document(void);
struct json_object *json_map(void);
struct json_object *json_list(void);

/* A string. Bytes that are not UTF-8 become U+FFFD. */
struct json_object *json_text(const char *s);
/* The same, but null if @s is NULL or empty. */
struct json_object *json_text_or_null(const char *s);
/* A string such as "0x80000000". Addresses and PTEs are strings: numbers would lose low bits. */
struct json_object *json_hex(uint64_t value);
struct json_object *json_number(uint64_t value);
/* A number with three digits after the point. */
struct json_object *json_real(double value);
struct json_object *json_truth(bool value);

/* Add a member, or an element. It belongs to @map or @list then. @value is NULL for null. */
void json_set(struct json_object *map, const char *name, struct json_object *value);
void json_append(struct json_object *list, struct json_object *value);

/* Print @value and a newline, and free it. */
void json_print(FILE *out, struct json_object *value);

/** struct json_stream - a document with a list that is too long for the memory */
struct json_stream {
	FILE *out;
	bool any;
};

/**
 * json_stream_begin() - print a document up to the first element of its list
 * @stream: the stream
 * @out: where to print
 * @head: the members before the list; there must be one
 * @name: the name of the list
 */
void json_stream_begin(struct json_stream *stream, FILE *out, struct json_object *head,
		       const char *name);
/* Print an element on a line of its own, and free it. */
void json_stream_add(struct json_stream *stream, struct json_object *value);
/* End the list and the document. @tail has the members after the list, or is NULL. */
void json_stream_end(struct json_stream *stream, struct json_object *tail);

#endif
