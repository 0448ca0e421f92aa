#include "CCurl.h"

#include <dlfcn.h>

/* What is called of libcurl. */
#define EACH(take)                                                                             \
    take(curl_global_init) take(curl_easy_init) take(curl_easy_reset) take(curl_easy_perform)  \
    take(curl_easy_cleanup) take(curl_easy_strerror) take(curl_easy_setopt)                    \
    take(curl_easy_getinfo) take(curl_multi_init) take(curl_multi_add_handle)                  \
    take(curl_multi_remove_handle) take(curl_multi_perform) take(curl_multi_poll)              \
    take(curl_multi_info_read) take(curl_multi_cleanup) take(curl_slist_append)                \
    take(curl_slist_free_all)

/* The types are those of the header: the compiler checks each call. */
#define DECLARE(name) __typeof__(name) *name##_;
static struct { EACH(DECLARE) } lib;

const char *syncd_curl_load(void) {
    /* The name of the ABI that the header declares. */
    void *library = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
    if (!library) return dlerror();
#define FIND(name)                                                                             \
    if (!(lib.name##_ = (__typeof__(name) *)dlsym(library, #name))) return dlerror();
    EACH(FIND)
    return NULL;
}

CURLcode syncd_curl_global_init(long flags) { return lib.curl_global_init_(flags); }

CURL *syncd_curl_easy_init(void) { return lib.curl_easy_init_(); }

void syncd_curl_easy_reset(CURL *handle) { lib.curl_easy_reset_(handle); }

CURLcode syncd_curl_easy_perform(CURL *handle) { return lib.curl_easy_perform_(handle); }

void syncd_curl_easy_cleanup(CURL *handle) { lib.curl_easy_cleanup_(handle); }

const char *syncd_curl_easy_strerror(CURLcode code) { return lib.curl_easy_strerror_(code); }

CURLM *syncd_curl_multi_init(void) { return lib.curl_multi_init_(); }

CURLMcode syncd_curl_multi_add_handle(CURLM *multi, CURL *handle) {
    return lib.curl_multi_add_handle_(multi, handle);
}

CURLMcode syncd_curl_multi_remove_handle(CURLM *multi, CURL *handle) {
    return lib.curl_multi_remove_handle_(multi, handle);
}

CURLMcode syncd_curl_multi_perform(CURLM *multi, int *running) {
    return lib.curl_multi_perform_(multi, running);
}

CURLMcode syncd_curl_multi_poll(CURLM *multi, struct curl_waitfd *more, unsigned int count,
                                int milliseconds, int *ready) {
    return lib.curl_multi_poll_(multi, more, count, milliseconds, ready);
}

CURLMsg *syncd_curl_multi_info_read(CURLM *multi, int *left) {
    return lib.curl_multi_info_read_(multi, left);
}

CURLMcode syncd_curl_multi_cleanup(CURLM *multi) { return lib.curl_multi_cleanup_(multi); }

struct curl_slist *syncd_curl_slist_append(struct curl_slist *list, const char *text) {
    return lib.curl_slist_append_(list, text);
}

void syncd_curl_slist_free_all(struct curl_slist *list) { lib.curl_slist_free_all_(list); }

CURLcode syncd_curl_set_long(CURL *handle, CURLoption option, long value) {
    return lib.curl_easy_setopt_(handle, option, value);
}

CURLcode syncd_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return lib.curl_easy_setopt_(handle, option, value);
}

CURLcode syncd_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return lib.curl_easy_setopt_(handle, option, value);
}

CURLcode syncd_curl_set_write(CURL *handle, CURLoption option, curl_write_callback f) {
    return lib.curl_easy_setopt_(handle, option, f);
}

CURLcode syncd_curl_set_seek(CURL *handle, curl_seek_callback f) {
    return lib.curl_easy_setopt_(handle, CURLOPT_SEEKFUNCTION, f);
}

CURLcode syncd_curl_set_sockopt(CURL *handle, curl_sockopt_callback f) {
    return lib.curl_easy_setopt_(handle, CURLOPT_SOCKOPTFUNCTION, f);
}

CURLcode syncd_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return lib.curl_easy_getinfo_(handle, info, value);
}

CURLcode syncd_curl_get_string(CURL *handle, CURLINFO info, const char **value) {
    return lib.curl_easy_getinfo_(handle, info, value);
}
