import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const pages = fileURLToPath(new URL('../build/pages', import.meta.url));
const list = (...items) => items.map(([text, link]) => ({ text, link }));
const modules = readdirSync(`${pages}/api`)
  .filter((name) => name.endsWith('.md') && name !== 'README.md')
  .map((name) => name.slice(0, -3));

export default defineConfig({
  title: 'venuewire',
  description: 'Connects services to trading venues; every message is accounted for.',
  srcDir: 'build/pages',
  outDir: 'build/html',
  cacheDir: 'build/cache',
  cleanUrls: true,
  // A dead link fails the build; those to files of the repository are looked at by pages.mjs.
  ignoreDeadLinks: false,
  markdown: { html: false, attrs: { disable: true } },
  metaChunk: true,
  themeConfig: {
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        // Of 292 pages of tables only the headings are searched: the messages. All fields would be megabytes for each reader.
        _render: (source, env, md) => {
          const html = md.render(source, env);
          return env.frontmatter?.headings === 'only'
            ? (html.match(/<h[1-3][^>]*>[\s\S]*?<\/h[1-3]>/g) ?? []).join('\n')
            : html;
        },
      },
    },
    nav: list(
      ['Start', '/getting-started'],
      ['Recipes', '/recipes/'],
      ['Protocols', '/protocols/'],
      ['API', '/api/README'],
    ),
    sidebar: [
      {
        text: 'Begin',
        items: list(['What it is', '/'], ['Getting started', '/getting-started'], ['Words', '/vocabulary']),
      },
      {
        text: 'Recipes',
        items: list(
          ['Captures', '/recipes/captures'],
          ['A live feed', '/recipes/live'],
          ['A protocol of your own', '/recipes/protocol'],
          ['Adding a venue', '/adding-a-venue'],
          ['In a service', '/recipes/service'],
          ['Worker threads', '/recipes/workers'],
          ['Docker', '/recipes/docker'],
          ['Bare metal', '/recipes/bare-metal'],
        ),
      },
      {
        text: 'Guides',
        items: list(
          ['Recovery', '/recovery'],
          ['Books', '/books'],
          ['Events', '/events'],
          ['Sinks and pipelines', '/sinks'],
          ['The event log', '/event-log'],
          ['The gateway', '/gateway'],
          ['The console', '/console'],
          ['The recovery proxy', '/proxy'],
          ['Receiving', '/receive'],
          ['Tuning', '/tuning'],
          ['Importing', '/importing'],
          ['Conversion', '/conversion'],
        ),
      },
      {
        text: 'Reference',
        items: [
          ...list(
            ['Protocols by venue', '/protocols/'],
            ['Errors', '/errors'],
            ['Notices', '/notices'],
            ['Counters', '/counters'],
          ),
          { text: 'API', link: '/api/README', collapsed: true, items: list(...modules.map((m) => [m, `/api/${m}`])) },
        ],
      },
      {
        text: 'How it is built',
        items: list(
          ['Architecture', '/architecture'],
          ['Decisions', '/decisions'],
          ['Counterparts', '/counterparts'],
          ['Public packets', '/public-packets'],
          ['Results', '/results'],
          ['Contributing', '/contributing'],
          ['Changes', '/changelog'],
        ),
      },
    ],
    socialLinks: [{ icon: 'github', link: 'https://github.com/venuewire/venuewire' }],
  },
});
