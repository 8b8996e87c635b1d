// Package function is what every function stands on. A function's main is one call: ServeHTTP for those that people
// call through the gateway, ServeEvents for those that the Broker calls.
//
// A request goes one way everywhere: authenticate, parse, load, decide, write on a condition, publish, answer.
package function
