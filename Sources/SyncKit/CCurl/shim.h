#ifndef SYNCD_CCURL_SHIM_H
#define SYNCD_CCURL_SHIM_H
#include <curl/curl.h>

/* curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call. */
static inline CURLcode syncd_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode syncd_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode syncd_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}

/* The same type for what is written, read and told of headers: curl_read_callback differs from
   curl_write_callback in nothing. */
static inline CURLcode syncd_curl_set_write(CURL *handle, CURLoption option, curl_write_callback f) {
    return curl_easy_setopt(handle, option, f);
}

static inline CURLcode syncd_curl_set_seek(CURL *handle, curl_seek_callback f) {
    return curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, f);
}

static inline CURLcode syncd_curl_set_sockopt(CURL *handle, curl_sockopt_callback f) {
    return curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, f);
}

static inline CURLcode syncd_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode syncd_curl_get_string(CURL *handle, CURLINFO info, const char **value) {
    return curl_easy_getinfo(handle, info, value);
}
#endif
