/** What a cluster needs to keep venue connections. */
export { DEFINITION_NAME, venueConnectionDefinition } from './custom-resource.js';
export { type Manifest, type ManifestOptions, manifests, manifestsOf } from './manifests.js';
export {
  MIGRATION_KIND,
  MIGRATION_PLURAL,
  type MigrationSpec,
  migrationManifests,
  venueMigrationDefinition,
} from './migration.js';
