#ifndef SYNCD_CCURL_H
#define SYNCD_CCURL_H

#include <curl/curl.h>

/* libcurl, loaded when something is to go over a connection: it brings 25 libraries, and most
 * commands need none of them. Each function here is the one of libcurl without `syncd_`, and may
 * be called only after `syncd_curl_load` found it. */

/* Loads libcurl, on one thread and before all other functions. Gives NULL, or the dynamic
 * linker's words about what is missing. Source: dlopen(3). */
const char *syncd_curl_load(void);

CURLcode syncd_curl_global_init(long flags);

CURL *syncd_curl_easy_init(void);
void syncd_curl_easy_reset(CURL *handle);
CURLcode syncd_curl_easy_perform(CURL *handle);
void syncd_curl_easy_cleanup(CURL *handle);
const char *syncd_curl_easy_strerror(CURLcode code);

CURLM *syncd_curl_multi_init(void);
CURLMcode syncd_curl_multi_add_handle(CURLM *multi, CURL *handle);
CURLMcode syncd_curl_multi_remove_handle(CURLM *multi, CURL *handle);
CURLMcode syncd_curl_multi_perform(CURLM *multi, int *running);
CURLMcode syncd_curl_multi_poll(CURLM *multi, struct curl_waitfd *more, unsigned int count,
                                int milliseconds, int *ready);
CURLMsg *syncd_curl_multi_info_read(CURLM *multi, int *left);
CURLMcode syncd_curl_multi_cleanup(CURLM *multi);

struct curl_slist *syncd_curl_slist_append(struct curl_slist *list, const char *text);
void syncd_curl_slist_free_all(struct curl_slist *list);

/* curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call. */
CURLcode syncd_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode syncd_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value);
CURLcode syncd_curl_set_pointer(CURL *handle, CURLoption option, const void *value);
/* The same type for what is written, read and told of headers: curl_read_callback differs from
 * curl_write_callback in nothing. */
CURLcode syncd_curl_set_write(CURL *handle, CURLoption option, curl_write_callback f);
CURLcode syncd_curl_set_seek(CURL *handle, curl_seek_callback f);
CURLcode syncd_curl_set_sockopt(CURL *handle, curl_sockopt_callback f);
CURLcode syncd_curl_get_long(CURL *handle, CURLINFO info, long *value);
CURLcode syncd_curl_get_string(CURL *handle, CURLINFO info, const char **value);

#endif
