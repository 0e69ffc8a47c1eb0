/* host_plugin.c - a service whose plugins carry agents. See host.c. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/e2e/host.h"

struct plugin {
	void *so;
	int  (*open)(void);
	int  (*active)(void);
	void (*publish)(const char *text);
	unsigned long (*matched)(void);
	void (*close)(int deadline_ms);
};

static void
load(struct plugin *p, const char *path)
{
	p->so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!p->so)
		failed(__LINE__, dlerror());
	*(void **)&p->open = dlsym(p->so, "plugin_open");
	*(void **)&p->active = dlsym(p->so, "plugin_active");
	*(void **)&p->publish = dlsym(p->so, "plugin_publish");
	*(void **)&p->matched = dlsym(p->so, "plugin_matched");
	*(void **)&p->close = dlsym(p->so, "plugin_close");
}

static struct plugin plugin;
static pthread_barrier_t barrier;

/* Has published when the plugin goes, and ends after it is gone. */
static void *
outlive(void *arg)
{
	(void)arg;
	plugin.publish("{\"n\":1}");
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void
plugin_once(void)
{
	pthread_t t;

	load(&plugin, argument);
	CHECK(!plugin.open());
	AWAIT(plugin.active());
	CHECK(!pthread_create(&t, NULL, outlive, NULL));
	plugin.publish("{\"n\":2}");
	pthread_barrier_wait(&barrier);
	plugin.close(5000);
	dlclose(plugin.so);
	CHECK(!dlopen(argument, RTLD_NOW | RTLD_NOLOAD)); /* is unmapped */
	pthread_barrier_wait(&barrier);
	pthread_join(t, NULL);
	atomic_fetch_add(&published, 2);
}

/* Loaded and unloaded a hundred times; then no handler of its is left. */
void
plugins(void)
{
	pid_t pid;

	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 0; i < 100; i++)
		plugin_once();
	CHECK((pid = fork()) >= 0);
	if (!pid)
		_exit(0);
	join(pid);
}

/* Closed while its source-job stands still, and unloaded at once. */
void
plugin_stalled(void)
{
	load(&plugin, argument);
	CHECK(!plugin.open());
	AWAIT(plugin.active());
	for (int i = 0; i < 1000; i++)
		plugin.publish("{\"n\":1}");
	AWAIT(plugin.matched() == 1000);
	fprintf(stderr, "sent\n");
	AWAIT(there(second)); /* host.sh has stopped the source-job */
	for (int i = 0; i < 1000; i++)
		plugin.publish("{\"n\":1}");
	plugin.close(0);
	dlclose(plugin.so);
	for (int i = 0; i < 1000; i++)
		moment();
}

/* A plugin with an agent of its own in a service that has one, too: both come
 * alive in a child. */
void
both(void)
{
	pid_t pid;

	load(&plugin, argument);
	CHECK(!plugin.open());
	begin();
	AWAIT(plugin.active());
	CHECK((pid = fork()) >= 0);
	if (!pid) {
		come_alive();
		plugin.publish("{}");
		AWAIT(plugin.active());
		publish(10);
		plugin.publish("{\"n\":1}");
		plugin.close(5000);
		end();
		_exit(0);
	}
	join(pid);
	publish(10);
	plugin.close(5000);
	dlclose(plugin.so);
	end();
	atomic_fetch_add(&published, 11);
}
