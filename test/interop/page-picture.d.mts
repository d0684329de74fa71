import type { Page } from 'playwright-core';
export function pagePicture(page: Page): Promise<string>;
