/**
 * What can be declared, as types: what a check gives, and where it differs (`…Input`) what it takes. Written from the schemas by
 * `npm run pattern-types`, so that the package's declarations need no types of the schema library; a test compares them.
 */
import type { JsonValue, Reference } from '../patterns/types.js';

export interface MappingSource {
  /** PostgreSQL, host:port */
  server: string;
  database: string;
  username?: Reference | undefined;
  password?: Reference | undefined;
  table: string;
}

export interface MappingRecord {
  apiVersion: 'venuewire.io/v1alpha1';
  kind: 'MetadataMapping';
  metadata: {
    name: string;
  };
  spec: {
    /** Column that tells venues apart: metadata.name */
    key: string;
    /** A row for each entry of a part of the resource (spec.lines); the column names the entry */
    each?:
      | {
          column: string;
          of: string;
        }
      | undefined;
    /** Columns by name; those that are not here are kept as annotations */
    columns: Record<
      string,
      {
        /** Where in the resource, for example spec.lines.A.address; {COLUMN} is that cell */
        path: string;
        /** What the database’s words are in the resource; others are refused */
        values?: Record<string, string | number | boolean> | undefined;
        /** Default: `text`. */
        type: 'text' | 'number' | 'boolean' | 'list';
        /** Of a list. Default: `,`. */
        separator: string;
      }
    >;
    /** By path: what every venue of this database has */
    constants: Record<string, JsonValue>;
    /** The table that rows come from and go to */
    postgresql?: MappingSource | undefined;
  };
}
