// simdjson.cc - see simdjson.h. Written as its manual advises for speed: one
// parser for all documents, find_field() for keys whose order is known.
#include "bench/simdjson.h"

#include <simdjson.h>

#include <string_view>

using namespace simdjson;

static ondemand::parser parser;
static dom::parser tree;

static padded_string_view
view(const char *text, size_t len)
{
	return padded_string_view(text, len, len + SIMDJSON_PADDING);
}

static bool
is(ondemand::object &object, std::string_view key, std::string_view wanted)
{
	std::string_view found;

	return !object.find_field(key).get_string().get(found) &&
	       found == wanted;
}

bool
simdjson_two_terms(const char *text, size_t len)
{
	ondemand::document doc;
	ondemand::object object;

	if (parser.iterate(view(text, len)).get(doc) ||
	    doc.get_object().get(object))
		return false;
	return is(object, "country", "BR") && is(object, "device", "ipad");
}

bool
simdjson_five_terms(const char *text, size_t len)
{
	ondemand::document doc;
	ondemand::object object;

	if (parser.iterate(view(text, len)).get(doc) ||
	    doc.get_object().get(object))
		return false;
	return is(object, "country", "none") || is(object, "device", "none") ||
	       is(object, "cdn", "none") || is(object, "player", "none") ||
	       is(object, "network", "none");
}

bool
simdjson_parse(const char *text, size_t len)
{
	dom::element root;

	return !tree.parse(text, len, false).get(root);
}
