"""The store on a Redis or Valkey server, alone, under Sentinel, or in a Cluster."""
