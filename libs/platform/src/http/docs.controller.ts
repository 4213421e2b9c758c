import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { openApiDocument } from '@attune/api';
import { AppError } from '@attune/core';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Public } from '../auth/authentication.js';
import { readVersion } from '../service/version.js';

const SWAGGER = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** The files of the page, and nothing else of the package: its initializer is our own, since pages here have no inline scripts. */
const TYPES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
  'initializer.js': 'text/javascript; charset=utf-8',
};

const INITIALIZER = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

/** Exactly what the page needs: its own files, the images inside of its style, and calls to this API. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The contract of the HTTP API, for programs and for people (api.md, section 4, Docs). */
@Public()
@Controller()
export class DocsController {
  readonly #document = JSON.stringify(openApiDocument({ version: readVersion().version }));
  readonly #etag = `"${createHash('sha256').update(this.#document).digest('hex')}"`;
  /** Changes with the package and with our own file, so that both may be kept for ever. */
  readonly #version = createHash('sha256').update(INITIALIZER).update(swaggerVersion()).digest('hex').slice(0, 16);

  @Get('openapi.json')
  openApi(@Req() request: Request, @Res() response: Response): void {
    response.set({ ETag: this.#etag, 'Cache-Control': 'no-cache', Vary: 'Origin' });
    if (request.header('if-none-match') === this.#etag) response.status(304).end();
    else response.type('application/json').send(this.#document);
  }

  @Get('docs')
  docs(@Res() response: Response): void {
    const files = `/docs/${this.#version}`;
    response
      .set({ 'Cache-Control': 'no-cache', 'Content-Security-Policy': PAGE_POLICY })
      .type('text/html')
      .send(
        `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Attune HTTP API</title>
    <link rel="icon" href="${files}/favicon-32x32.png" />
    <link rel="stylesheet" href="${files}/swagger-ui.css" />
  </head>
  <body>
    <div id="docs"></div>
    <script src="${files}/swagger-ui-bundle.js"></script>
    <script src="${files}/initializer.js"></script>
  </body>
</html>
`,
      );
  }

  @Get('docs/:version/:file')
  async file(@Param('version') version: string, @Param('file') file: string, @Res() response: Response): Promise<void> {
    const type = Object.hasOwn(TYPES, file) ? TYPES[file] : undefined;
    if (version !== this.#version || type === undefined) throw new AppError('not_found', 'there is no such file');
    const bytes = file === 'initializer.js' ? INITIALIZER : await readFile(path.join(SWAGGER, file));
    response.set({ 'Cache-Control': 'public, max-age=31536000, immutable', 'Content-Type': type }).send(bytes);
  }
}

function swaggerVersion(): string {
  return (createRequire(import.meta.url)('swagger-ui-dist/package.json') as { version: string }).version;
}
